using KataActors.Model.Journal;
using KataActors.Runtime.Sandboxes.Core;
using KataActors.Runtime.Sandboxes.Core.Operations;
using Microsoft.Win32.SafeHandles;

namespace KataActors.Runtime.Sandboxes;

/// <summary>The parts of creations that the core does not know: their descriptors, and the clocks of their steps. They live as long as their request.</summary>
/// <param name="table">The descriptors of waiting requests.</param>
internal sealed class CreationRequests(DescriptorTable table)
{
    private readonly Dictionary<RequesterId, (DescriptorSet Descriptors, StepClock Steps)> _requests = [];

    /// <summary>Whether there is none.</summary>
    public bool IsEmpty => _requests.Count == 0;

    /// <summary>Takes over the descriptors of a creation. False when they have expired.</summary>
    public bool Begin(RequesterId request, SandboxCommands.CreateContainer create)
    {
        var descriptors = table.Take(create.Descriptors);
        var steps = new StepClock();
        steps.Begin(CreationSteps.Journal);
        _requests[request] = (descriptors ?? DescriptorSet.Empty, steps);
        return descriptors is not null;
    }

    /// <summary>The network namespace from a request; null for none. The request keeps the ownership.</summary>
    public SafeFileHandle? NetworkNamespaceOf(RequesterId request) => _requests.GetValueOrDefault(request).Descriptors?.NetworkNamespace;

    /// <summary>The mounts of a request; the ownership passes to the caller. The network namespace may be in use until the request ends.</summary>
    public DescriptorSet TakeMounts(RequesterId request)
    {
        if (!_requests.TryGetValue(request, out var creation))
        {
            return DescriptorSet.Empty;
        }

        _requests[request] = creation with { Descriptors = DescriptorSet.Empty with { NetworkNamespace = creation.Descriptors.NetworkNamespace } };
        return creation.Descriptors with { NetworkNamespace = null };
    }

    /// <summary>Closes the mounts of a request.</summary>
    public void ReleaseMounts(RequesterId request) => TakeMounts(request).Dispose();

    /// <summary>Ends a request, if it is a creation, and closes its descriptors.</summary>
    public void End(RequesterId request)
    {
        if (_requests.Remove(request, out var creation))
        {
            creation.Descriptors.Dispose();
        }
    }

    /// <summary>A step of a creation begins.</summary>
    public void Measure(Effect.StepBegan began) => _requests.GetValueOrDefault(began.Request).Steps?.Begin(began.Step);

    /// <summary>A step of a creation ends.</summary>
    public void Measure(Effect.StepEnded ended) => _requests.GetValueOrDefault(ended.Request).Steps?.End(ended.Step);

    /// <summary>Adds the timings to the facts of a decision, before they are persisted: the core has no clock.</summary>
    /// <param name="step">The decision.</param>
    /// <param name="state">The state before it.</param>
    public void AddTimings(Step step, SandboxState state)
    {
        foreach (var fact in step.Events.OfType<ContainerCreated>())
        {
            var request = state.Operations.Values.OfType<CreateContainer>().FirstOrDefault(creation => creation.Container == fact.Id)?.Command.Waiting.Id ?? default;
            if (_requests.GetValueOrDefault(request).Steps is { } steps)
            {
                foreach (var ended in step.Effects.OfType<Effect.StepEnded>())
                {
                    Measure(ended);
                }

                fact.Steps.AddRange(steps.Timings.Select(JournalTime.ToRecord));
            }
        }
    }
}
