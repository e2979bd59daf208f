using System.Collections.Immutable;
using System.Diagnostics;

namespace KataActors.Runtime.Sandboxes;

/// <summary>Measures the steps of a creation; steps may overlap.</summary>
internal sealed class StepClock
{
    private readonly long _origin = Stopwatch.GetTimestamp();
    private readonly List<(string Step, TimeSpan Start, TimeSpan? End)> _steps = [];

    /// <summary>The finished steps, in order of their start.</summary>
    public ImmutableArray<StepTiming> Timings =>
        [.. _steps.Where(step => step.End is not null).Select(step => new StepTiming(step.Step, step.Start, step.End!.Value - step.Start))];

    /// <summary>A step begins.</summary>
    public void Begin(string step) => _steps.Add((step, Stopwatch.GetElapsedTime(_origin), null));

    /// <summary>A step ends.</summary>
    public void End(string step)
    {
        var index = _steps.FindIndex(entry => entry.Step == step && entry.End is null);
        if (index >= 0)
        {
            _steps[index] = _steps[index] with { End = Stopwatch.GetElapsedTime(_origin) };
        }
    }
}
