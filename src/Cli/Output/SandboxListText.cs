using System.Globalization;
using System.Text;
using KataActors.Oci;
using KataActors.Protocol.Control;

namespace KataActors.Cli.Output;

/// <summary>The sandboxes for people.</summary>
internal static class SandboxListText
{
    public static byte[] Ids(IEnumerable<SandboxSummary> sandboxes) =>
        Encoding.UTF8.GetBytes(string.Concat(sandboxes.Select(sandbox => sandbox.Id + "\n")));

    public static byte[] Table(IEnumerable<SandboxSummary> sandboxes) => TextTable.Write(
        ["ID", "ROOT", "STATUS", "VMM-PID", "CONTAINERS", "CREATED"],
        sandboxes.Select(sandbox => new[]
        {
            sandbox.Id,
            sandbox.Root,
            sandbox.Status,
            sandbox.VmmPid.ToString(CultureInfo.InvariantCulture),
            sandbox.ContainerCount.ToString(CultureInfo.InvariantCulture),
            StateDocument.Timestamp(ContainerStates.Time(sandbox.CreatedUnixNs)),
        }));
}
