using KataActors.Model.Journal;
using KataActors.Protocol.Agent;
using KataActors.Runtime.Agents;
using KataActors.Runtime.Containers;
using KataActors.Runtime.Sandboxes.Core;
using KataActors.Runtime.Sandboxes.Core.Operations;
using Microsoft.Win32.SafeHandles;

namespace KataActors.Runtime.Sandboxes;

// The shell's part in creations: descriptors and step clocks by request.
internal sealed partial class SandboxActor
{
    private readonly Dictionary<RequesterId, (DescriptorSet Descriptors, StepClock Steps)> _creations = [];

    private void BeginCreation(SandboxCommands.CreateContainer create)
    {
        var waiting = Requester(new SandboxCommands.Created());
        var descriptors = _services.Descriptors.Take(create.Descriptors);
        var steps = new StepClock();
        steps.Begin(CreationSteps.Journal);
        _creations[waiting.Id] = (descriptors ?? DescriptorSet.Empty, steps);
        Decide(new Create(create, HasDescriptors: descriptors is not null, waiting));
    }

    SafeFileHandle? IResourceActors.NetworkNamespaceOf(RequesterId request) => _creations.GetValueOrDefault(request).Descriptors?.NetworkNamespace;

    DescriptorSet IResourceActors.TakeDescriptors(RequesterId request)
    {
        if (!_creations.TryGetValue(request, out var creation))
        {
            return DescriptorSet.Empty;
        }

        _creations[request] = creation with { Descriptors = DescriptorSet.Empty };
        return creation.Descriptors;
    }

    CreateSandboxRequest IResourceActors.SandboxRequest(AwaitedEffect.CreateSandbox effect)
    {
        var request = new CreateSandboxRequest
        {
            Hostname = effect.Hostname,
            SandboxId = effect.GuestId,
            Identity = GuestIdentities.New(_registration.HostName, _registration.Uuid),
        };
        request.Storages.Add(GuestShare.Storage());
        return request;
    }

    private void ReleaseMounts(RequesterId request)
    {
        if (_creations.TryGetValue(request, out var creation))
        {
            (creation.Descriptors with { NetworkNamespace = null }).Dispose();
            _creations[request] = creation with { Descriptors = DescriptorSet.Empty with { NetworkNamespace = creation.Descriptors.NetworkNamespace } };
        }
    }

    // The descriptors live as long as their request.
    private void EndCreation(RequesterId request)
    {
        if (_creations.Remove(request, out var creation))
        {
            creation.Descriptors.Dispose();
        }
    }

    private void Measure(Effect effect)
    {
        switch (effect)
        {
            case Effect.StepBegan began when _creations.TryGetValue(began.Request, out var creation):
                creation.Steps.Begin(began.Step);
                break;
            case Effect.StepEnded ended when _creations.TryGetValue(ended.Request, out var creation):
                creation.Steps.End(ended.Step);
                break;
        }
    }

    // The core has no clock: the timings are added before the fact is persisted.
    private void AddTimings(Step step)
    {
        foreach (var fact in step.Events.OfType<ContainerCreated>())
        {
            var request = _state.Operations.Values.OfType<CreateContainer>().FirstOrDefault(creation => creation.Container == fact.Id)?.Command.Waiting.Id ?? default;
            if (_creations.TryGetValue(request, out var creation))
            {
                foreach (var ended in step.Effects.OfType<Effect.StepEnded>())
                {
                    Measure(ended);
                }

                fact.Steps.AddRange(creation.Steps.Timings.Select(JournalTime.ToRecord));
            }
        }
    }
}
