using KataActors.Runtime.Teardown.Core;
using Xunit;

namespace KataActors.Runtime.Tests.Teardown.Core;

/// <summary>The steps of a teardown, one after the other.</summary>
public sealed class VmTeardownSpecs
{
    /// <summary>The step, its result, and the next step: with cgroups, without, and when each attempt begins with a look for the record.</summary>
    public static TheoryData<string, string, string, string, string> Table => new()
    {
        { "Look", "done", "End", "End", "End" },
        { "Look", "no record", "Gone", "Gone", "Gone" },
        { "Look", "failed", "Pause", "Pause", "Pause" },
        { "Stop", "done", "Groups", "Folders", "Groups" },
        { "Stop", "failed", "End", "End", "End" },
        { "End", "done", "Groups", "Folders", "Groups" },
        { "End", "failed", "Pause", "Pause", "Pause" },
        { "Groups", "done", "Folders", "Folders", "Folders" },
        { "Groups", "failed", "Pause", "Pause", "Pause" },
        { "Folders", "done", "Gone", "Gone", "Gone" },
        { "Folders", "failed", "Pause", "Pause", "Pause" },
        { "Pause", "done", "End", "End", "Look" },
    };

    [Theory]
    [MemberData(nameof(Table))]
    public void Should_go_on_from_each_step(string step, string outcome, string withGroups, string without, string withLooks)
    {
        var how = outcome switch
        {
            "done" => StepOutcome.Done,
            "no record" => StepOutcome.NoRecord,
            _ => new StepOutcome("it is busy"),
        };

        Assert.Equal((withGroups, without, withLooks), (After(true, false), After(false, false), After(true, true)));
        string After(bool hasGroups, bool looks) => new VmTeardown(Enum.Parse<TeardownStep>(step), hasGroups, looks).After(how).Step.ToString();
    }

    [Theory]
    [InlineData(true, false, "Stop")]
    [InlineData(false, false, "End")]
    [InlineData(false, true, "Look")]
    public void Should_begin_with_the_mildest_means(bool isHeld, bool looks, string first) =>
        Assert.Equal(first, VmTeardown.Begin(isHeld, hasGroups: true, looks).Step.ToString());

    [Fact]
    public void Should_pause_longer_after_each_attempt_that_fails_up_to_five_minutes()
    {
        var teardown = VmTeardown.Begin(isHeld: false, hasGroups: true, onlyWhileRecorded: false);
        List<double> pauses = [];
        for (var attempt = 0; attempt < 11; attempt++)
        {
            teardown = teardown.After(new StepOutcome("it is busy"));
            pauses.Add(teardown.Pause.TotalSeconds);
            teardown = teardown.After(StepOutcome.Done);
        }

        Assert.Equal([1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300], pauses);
    }

    // A QEMU that cannot be ended keeps its limits and its record, and remaining cgroups keep the record.
    [Fact]
    public void Should_remove_nothing_before_what_it_limits_or_records_is_gone()
    {
        var random = new Random(7);
        for (var life = 0; life < 1000; life++)
        {
            var teardown = VmTeardown.Begin(isHeld: random.Next(2) == 0, hasGroups: true, onlyWhileRecorded: random.Next(2) == 0);
            var gone = new HashSet<TeardownStep>();
            while (teardown.Step != TeardownStep.Gone)
            {
                var step = teardown.Step;
                Assert.True(step != TeardownStep.Groups || gone.Contains(TeardownStep.End));
                Assert.True(step != TeardownStep.Folders || gone.IsSupersetOf([TeardownStep.End, TeardownStep.Groups]));
                var fails = step != TeardownStep.Pause && random.Next(3) == 0;
                _ = !fails && gone.Add(step == TeardownStep.Stop ? TeardownStep.End : step);
                teardown = teardown.After(fails ? new StepOutcome("it is busy") : StepOutcome.Done);
            }
        }
    }
}
