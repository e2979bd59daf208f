using KataActors.Linux;
using KataActors.Protocol.Ttrpc;

namespace KataActors.Runtime.Agents;

/// <summary>Turns what a call to the agent throws into a <see cref="Failure"/>. The guest's words are bounded and stripped of control characters.</summary>
internal static class AgentFailure
{
    private const int LongestMessage = 2048;

    /// <summary>The failure behind <paramref name="exception"/> of the call named <paramref name="call"/>.</summary>
    public static Failure From(Exception exception, string call) => exception switch
    {
        TtrpcException ttrpc => new(ToCode(ttrpc.Code), Bounded(ttrpc.Message, LongestMessage)),
        TimeoutException timeout => new(FailureCode.DeadlineExceeded, $"{call}: {timeout.Message}"),
        OperationCanceledException => new(FailureCode.Cancelled, $"{call}: cancelled"),
        LinuxException or IOException => new(FailureCode.Unavailable, $"{call}: {exception.Message}"),
        _ => new(FailureCode.Internal, $"{call}: {exception.Message}"),
    };

    /// <summary>At most <paramref name="maximum"/> characters of <paramref name="text"/>, each control character replaced by a space.</summary>
    public static string Bounded(string text, int maximum) => string.Create(Math.Min(text.Length, maximum), text, (span, source) =>
    {
        for (var i = 0; i < span.Length; i++)
        {
            span[i] = char.IsControl(source[i]) ? ' ' : source[i];
        }
    });

    private static FailureCode ToCode(StatusCode code) =>
        Enum.IsDefined((FailureCode)(int)code) ? (FailureCode)(int)code : FailureCode.Internal;
}
