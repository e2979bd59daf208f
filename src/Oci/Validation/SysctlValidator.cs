namespace KataActors.Oci;

/// <summary>The <c>linux.sysctl</c> section: parameters that each namespace has of its own. Refusals are in runc's words.</summary>
internal static class SysctlValidator
{
    private const string Section = "linux.sysctl";
    private const int MaxLength = 4096;

    private static readonly string[] s_ofIpcAndUts =
    [
        "kernel.msgmax", "kernel.msgmnb", "kernel.msgmni", "kernel.sem", "kernel.shmall", "kernel.shmmax", "kernel.shmmni", "kernel.shm_rmid_forced",
        "kernel.domainname",
    ];

    public static void Validate(IReadOnlyDictionary<string, string> parameters)
    {
        SpecValidator.CheckBound(Section, parameters.Count);
        foreach (var (name, value) in parameters)
        {
            var path = SysctlPath.Of(name);
            if (name.Length > MaxLength || path.Split('/').Any(part => part is "" or "." or ".."))
            {
                throw SpecException.Invalid(Section, $"{Quoted.Text(name)} is not the name of a kernel parameter");
            }

            if (value is null || value.Length > MaxLength)
            {
                throw SpecException.Invalid(Section, $"{Quoted.Text(name)} has {(value is null ? "no value" : "too long a value")}");
            }

            CheckNamespace(SysctlPath.Dotted(path));
        }
    }

    private static void CheckNamespace(string name)
    {
        if (name == "kernel.hostname")
        {
            throw SpecException.Invalid(Section, "\"kernel.hostname\" is not allowed as it conflicts with the OCI \"hostname\" field");
        }

        if (!s_ofIpcAndUts.Contains(name) && !name.StartsWith("fs.mqueue.", StringComparison.Ordinal) && !name.StartsWith("net.", StringComparison.Ordinal))
        {
            throw SpecException.Unsupported(Section, $"{Quoted.Text(name)} is not in a separate kernel namespace");
        }
    }
}
