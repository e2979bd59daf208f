using Google.Protobuf;
using KataActors.Agent.Containers;
using KataActors.Cli;
using KataActors.Linux;
using KataActors.Model;
using KataActors.Oci;
using KataActors.Protocol.Agent;
using KataActors.Protocol.Ttrpc;
using KataActors.Runtime.Containers;

namespace KataActors.Fuzz.Tests;

/// <summary>The document of <c>exec --process</c>, from its bytes to the request that the agent accepts.</summary>
public sealed class ProcessSpecs
{
    private const string Document = "process";

    // A larger document may become too large: what is written is escaped.
    private const int MostBytes = ProcessParser.MaxBytes / 8;

    [Fact]
    public void Should_accept_the_whole_corpus() => Assert.All(Corpus.Read("process"), json => Assert.Null(Take(json)));

    [Fact]
    public void Should_refuse_or_accept_any_changed_process() =>
        Campaign.Run(2000, random => Corpus.Draw("process", random), (document, random) => document.Change(random), document =>
        {
            var bytes = document.ToBytes();
            if (Campaign.Bounded(() => Take(bytes)) is { } message)
            {
                Refusal.Check(message, Document, document);
            }
        });

    [Theory]
    [MemberData(nameof(Corpus.Refused), "process", MemberType = typeof(Corpus))]
    public void Should_refuse_what_was_accepted_or_failed_once(string file, string message) => Assert.Equal(message, Take(Corpus.ReadRefused(file)));

    private static string? Take(byte[] json)
    {
        if (!ProcessParser.TryParse(json, out var process, out var error))
        {
            return error.Message;
        }

        Assert.All(PassedOver.List(process), item => Assert.InRange(item.Length, 1, 600));
        if (json.Length < MostBytes)
        {
            CheckWritten(process);
        }

        var exec = new ExecRecord(new string('a', 32), new ProcessIdentity(1, 1), ByteString.CopyFrom(json));
        CheckAgent(ExecProcessRequest.Parser.ParseFrom(GuestSpec.ExecRequest(exec, "c1").ToByteArray()));
        return null;
    }

    // What is written is what was read.
    private static void CheckWritten(ProcessSpec process)
    {
        var written = ProcessParser.Write(process);
        Assert.True(ProcessParser.TryParse(written, out var again, out var error), error?.Message);
        Assert.Equal(written, ProcessParser.Write(again));
        var changed = new ProcessChange { Args = ["sh"], Env = ["A=1"], Capabilities = ["CAP_KILL"], Uid = 1 }.Apply(process);
        Assert.True(ProcessParser.TryParse(ProcessParser.Write(changed), out _, out error), error?.Message);
    }

    private static void CheckAgent(ExecProcessRequest request)
    {
        try
        {
            SpecRules.Check(request);
        }
        catch (TtrpcException failure)
        {
            Assert.NotEmpty(failure.Message);
        }
    }
}
