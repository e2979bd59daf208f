using System.Text;
using Google.Protobuf;
using KataActors.Protocol.Agent;

namespace KataActors.Agent.Tests;

/// <summary>A process of a container in a <see cref="GuestVm"/>: the calls of the host that name a process.</summary>
internal abstract class GuestProcess(GuestVm vm, string containerId, string execId)
{
    internal GuestVm Vm => vm;

    internal string ContainerId => containerId;

    internal string ExecId => execId;

    internal Task SignalAsync(int signal) => vm.Agent.SignalProcessAsync(
        new SignalProcessRequest { ContainerId = containerId, ExecId = execId, Signal = (uint)signal }, GuestVm.CallTimeout, CancellationToken.None);

    internal async Task<int> WaitAsync() => (await WaitProcessAsync()).Status;

    /// <summary>The start failure in the report of the process's end.</summary>
    internal async Task<string> StartFailureAsync() => (await WaitProcessAsync()).StartFailure;

    internal Task<ReadStreamResponse> ReadAsync(ulong offset, uint waitMs = 10_000, bool error = false, uint length = 0)
    {
        var request = new ReadStreamRequest { ContainerId = containerId, ExecId = execId, Len = length, Offset = offset, WaitMs = waitMs };
        return error
            ? vm.Agent.ReadStderrAsync(request, GuestVm.CallTimeout, CancellationToken.None)
            : vm.Agent.ReadStdoutAsync(request, GuestVm.CallTimeout, CancellationToken.None);
    }

    internal async Task<byte[]> ReadToEndAsync(bool error = false)
    {
        using var all = new MemoryStream();
        while (true)
        {
            var answer = await ReadAsync((ulong)all.Length, error: error);
            answer.Data.WriteTo(all);
            if (answer.EndOfStream)
            {
                return all.ToArray();
            }
        }
    }

    /// <summary>Reads until exactly these bytes have come.</summary>
    internal async Task ReadUntilAsync(string expected)
    {
        for (var text = ""; text != expected;)
        {
            var answer = await ReadAsync(0, length: (uint)expected.Length);
            text = answer.Data.ToStringUtf8();
            Assert.StartsWith(text, expected, StringComparison.Ordinal);
            Assert.True(text == expected || !answer.EndOfStream, $"the output ended with \"{text}\"");
        }
    }

    internal async Task<uint> WriteAsync(ulong offset, byte[] data) => (await vm.Agent.WriteStdinAsync(
        new WriteStreamRequest { ContainerId = containerId, ExecId = execId, Offset = offset, Data = ByteString.CopyFrom(data) },
        GuestVm.CallTimeout, CancellationToken.None)).Len;

    internal Task CloseInputAsync(ulong length) => vm.Agent.CloseStdinAsync(
        new CloseStdinRequest { ContainerId = containerId, ExecId = execId, Offset = length }, GuestVm.CallTimeout, CancellationToken.None);

    /// <summary>Reads all of the output and waits for the end.</summary>
    internal async Task<(int Code, string Output, string Error)> EndAsync()
    {
        var output = ReadToEndAsync();
        var error = ReadToEndAsync(error: true);
        var code = await WaitAsync();
        return (code, Encoding.UTF8.GetString(await output).TrimEnd('\n'), Encoding.UTF8.GetString(await error).TrimEnd('\n'));
    }

    private Task<WaitProcessResponse> WaitProcessAsync() => vm.Agent.WaitProcessAsync(
        new WaitProcessRequest { ContainerId = containerId, ExecId = execId }, GuestVm.CallTimeout, CancellationToken.None);
}
