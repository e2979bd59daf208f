namespace KataActors.Bench;

/// <summary>
/// A busybox bundle for either runtime. Its process waits for a line, then writes <see cref="StreamBytes"/> to stdout and stays.
/// </summary>
internal sealed class Bundle
{
    public const int StreamBytes = 10 * 1024 * 1024;

    private const string Busybox = "/bin/busybox";

    private Bundle(string path) => Path = path;

    public string Path { get; }

    public static Bundle Make(string path) =>
        Make(path, Spec($"read line; head -c {StreamBytes} /dev/zero; exec sleep 3600", "{}"));

    /// <summary>Of a container whose process only sleeps; for our runtime it joins that sandbox.</summary>
    public static Bundle MakeAdded(string path, string sandbox) => Make(
        path, Spec("exec sleep 3600", $$"""{ "io.kubernetes.cri.container-type": "container", "io.kubernetes.cri.sandbox-id": "{{sandbox}}" }"""));

    private static Bundle Make(string path, string spec)
    {
        if (!File.Exists(Busybox))
        {
            throw new BenchException($"{Busybox} not found: package busybox-static has it");
        }

        var root = System.IO.Path.Combine(path, "rootfs");
        foreach (var folder in (string[])["bin", "proc", "dev"])
        {
            Directory.CreateDirectory(System.IO.Path.Combine(root, folder));
        }

        File.Copy(Busybox, System.IO.Path.Combine(root, "bin/busybox"));
        foreach (var applet in (string[])["sh", "cat", "cmp", "dd", "head", "sleep", "true"])
        {
            File.CreateSymbolicLink(System.IO.Path.Combine(root, "bin", applet), "busybox");
        }

        File.WriteAllText(System.IO.Path.Combine(path, "config.json"), spec);
        return new Bundle(path);
    }

    private static string Spec(string script, string annotations) =>
        $$"""
        {
          "ociVersion": "1.0.2",
          "process": {
            "user": { "uid": 0, "gid": 0 },
            "args": [ "sh", "-c", "{{script}}" ],
            "env": [ "PATH=/bin" ],
            "cwd": "/"
          },
          "root": { "path": "rootfs" },
          "annotations": {{annotations}},
          "mounts": [
            { "destination": "/proc", "type": "proc", "source": "proc" },
            { "destination": "/dev", "type": "tmpfs", "source": "tmpfs" }
          ],
          "linux": { "namespaces": [ { "type": "pid" }, { "type": "mount" }, { "type": "ipc" }, { "type": "uts" }, { "type": "network" } ] }
        }
        """;
}
