using Akka.Actor;
using KataActors.Runtime.Sandboxes.Core;

namespace KataActors.Runtime.Sandboxes;

/// <summary>The names of a sandbox's children.</summary>
internal static class ActorNames
{
    /// <summary>The name of a resource's actor.</summary>
    public static string Of(ResourceKind kind) => kind.ToString().ToLowerInvariant();

    /// <summary>The name itself, or a numbered one while a stopping child still has it.</summary>
    public static string FreeName(this IActorContext context, string name)
    {
        var free = name;
        for (var number = 2; !context.Child(free).IsNobody(); number++)
        {
            free = $"{name}~{number}";
        }

        return free;
    }
}
