namespace KataActors.Model;

/// <summary>QEMU's machine types that a sandbox can have.</summary>
public enum MachineType
{
    /// <summary>PCI Express; devices are hot-plugged into root ports.</summary>
    Q35,

    /// <summary>Conventional PCI; devices are hot-plugged into the root bus.</summary>
    Pc,
}

/// <summary>How the guest's instructions are run.</summary>
public enum Accelerator
{
    /// <summary>By the CPU's virtualization extensions.</summary>
    Kvm,

    /// <summary>By translation.</summary>
    Tcg,
}

/// <summary>The configured choice of accelerator.</summary>
public enum AcceleratorChoice
{
    /// <summary>KVM when it is available, else TCG.</summary>
    Auto,

    /// <summary>KVM or an error.</summary>
    Kvm,

    /// <summary>TCG always.</summary>
    Tcg,
}
