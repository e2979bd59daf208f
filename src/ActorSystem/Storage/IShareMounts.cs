using KataActors.Hypervisor;
using KataActors.Linux;
using Microsoft.Win32.SafeHandles;

namespace KataActors.Runtime.Storage;

/// <summary>The mount calls of a <see cref="StorageActor"/>. They block until the kernel answers, without a deadline.</summary>
internal interface IShareMounts
{
    /// <inheritdoc cref="VmmMounts.Attach"/>
    void Attach(ProcessIdentity vmm, string shareDirectory, SafeFileHandle tree, SharePath place, bool readOnly);

    /// <inheritdoc cref="VmmMounts.Detach"/>
    void Detach(ProcessIdentity vmm, string shareDirectory, SharePath place);
}

/// <summary>The kernel's mount calls.</summary>
internal sealed class ShareMounts : IShareMounts
{
    /// <inheritdoc/>
    public void Attach(ProcessIdentity vmm, string shareDirectory, SafeFileHandle tree, SharePath place, bool readOnly) =>
        VmmMounts.Attach(vmm, shareDirectory, tree, place, readOnly);

    /// <inheritdoc/>
    public void Detach(ProcessIdentity vmm, string shareDirectory, SharePath place) => VmmMounts.Detach(vmm, shareDirectory, place);
}
