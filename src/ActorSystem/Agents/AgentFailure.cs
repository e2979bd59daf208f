using KataActors.Linux;
using KataActors.Protocol.Ttrpc;

namespace KataActors.Runtime.Agents;

/// <summary>Turns an exception of a call to the agent into a <see cref="Failure"/>. The guest's text is bounded and made printable.</summary>
internal static class AgentFailure
{
    /// <summary>The failure behind <paramref name="exception"/> of the call named <paramref name="call"/>.</summary>
    public static Failure From(Exception exception, string call) => exception switch
    {
        TtrpcException ttrpc => new(ToCode(ttrpc.Code), PrintableText.Of(ttrpc.Message)),
        TimeoutException timeout => new(FailureCode.DeadlineExceeded, $"{call}: {timeout.Message}"),
        OperationCanceledException => new(FailureCode.Cancelled, $"{call}: cancelled"),
        LinuxException or IOException => new(FailureCode.Unavailable, $"{call}: {exception.Message}"),
        _ => new(FailureCode.Internal, $"{call}: {exception.Message}"),
    };

    private static FailureCode ToCode(StatusCode code) =>
        Enum.IsDefined((FailureCode)(int)code) ? (FailureCode)(int)code : FailureCode.Internal;
}
