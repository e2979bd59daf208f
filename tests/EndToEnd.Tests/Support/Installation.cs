namespace KataActors.EndToEnd.Tests.Support;

/// <summary>The build of this checkout that <c>make build</c> left in <c>artifacts/prefix</c>.</summary>
internal static class Installation
{
    private static readonly string s_checkout = Find();
    private static readonly string s_artifacts = Path.Combine(s_checkout, "artifacts");
    private static readonly string s_prefix = Path.Combine(s_artifacts, "prefix");

    /// <summary>The checkout that these tests were built from.</summary>
    public static string Checkout => s_checkout;

    public static string CommandLine => Path.Combine(s_prefix, "bin", "kata-actors");

    public static string Daemon => Path.Combine(s_prefix, "bin", "kata-actorsd");

    /// <summary>Kernel, initramfs and reference configuration.</summary>
    public static string Share => Path.Combine(s_prefix, "share", "kata-actors");

    /// <summary>Debian's kernel, also where the product uses another.</summary>
    public static string DebianKernel => Path.Combine(s_artifacts, "guest", "debian", "vmlinuz");

    /// <summary>Its release, as <c>uname -r</c> prints it.</summary>
    public static string DebianRelease => File.ReadAllText(Path.Combine(s_artifacts, "guest", "debian", "release")).Trim();

    /// <summary>A guest image with that kernel's modules.</summary>
    public static string DebianInitramfs => Path.Combine(s_artifacts, "guest", "debian", "initramfs.cpio");

    private static string Find()
    {
        for (var directory = new DirectoryInfo(AppContext.BaseDirectory); directory is not null; directory = directory.Parent)
        {
            if (File.Exists(Path.Combine(directory.FullName, "KataActors.sln")))
            {
                return directory.FullName;
            }
        }

        throw new InvalidOperationException($"no checkout around \"{AppContext.BaseDirectory}\"");
    }
}
