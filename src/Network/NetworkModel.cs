namespace KataActors.Network;

/// <summary>How an interface of the network namespace reaches the guest; Kata's <c>internetworking_model</c>.</summary>
public enum NetworkModel
{
    /// <summary>A tap interface beside it; tc(8) redirects all packets from one to the other, both ways.</summary>
    TcFilter,

    /// <summary>Not at all: the guest has its loopback only.</summary>
    None,
}
