using KataActors.Agent.Setup;
using KataActors.Linux;
using KataActors.Protocol.Ttrpc;

namespace KataActors.Agent.Tests;

public sealed class MountOptionSetSpecs
{
    [Fact]
    public void Should_take_a_file_systems_options_apart()
    {
        var options = MountOptionSet.Parse(["nosuid", "strictatime", "mode=755", "size=65536k", "ro"]);

        Assert.Equal(["mode=755", "size=65536k"], options.Data);
        Assert.Equal(0x1ul | 0x2 | 0x20, options.Set);
        Assert.Equal(0x70ul, options.Clear & 0x70);
        Assert.False(options.IsBind);
        Assert.True(options.HasData("mode"));
        Assert.False(options.HasData("mod"));
    }

    [Fact]
    public void Should_know_binds_and_propagation()
    {
        var options = MountOptionSet.Parse(["rbind", "rslave", "rw"]);

        Assert.True(options.IsBind);
        Assert.True(options.IsRecursive);
        Assert.Equal(MountOptions.Slave, options.Propagation);
        Assert.True(options.PropagationIsRecursive);
        Assert.Equal((0ul, 1ul), (options.Set, options.Clear));
        Assert.False(MountOptionSet.Parse(["bind", "private"]).IsRecursive);
        Assert.False(MountOptionSet.Parse(["bind", "private"]).PropagationIsRecursive);
    }

    [Theory]
    [InlineData("ro,rw", 0ul, 1ul)]
    [InlineData("rw,ro", 1ul, 0ul)]
    [InlineData("noatime,relatime", 0ul, 0x70ul)]
    [InlineData("noatime,atime", 0ul, 0ul)]
    [InlineData("strictatime,norelatime", 0x20ul, 0x70ul)]
    [InlineData("noatime,nostrictatime", 0x10ul, 0x70ul)]
    [InlineData("strictatime,nostrictatime", 0ul, 0ul)]
    [InlineData("relatime,norelatime", 0ul, 0ul)]
    [InlineData("noexec,exec,nodev", 4ul, 8ul)]
    [InlineData("defaults", 0ul, 0ul)]
    public void Should_let_the_last_word_win(string options, ulong set, ulong clear)
    {
        var parsed = MountOptionSet.Parse(options.Split(','));

        Assert.Equal((set, clear), (parsed.Set, parsed.Clear));
        Assert.Empty(parsed.Data);
    }

    [Fact]
    public void Should_know_attributes_for_a_whole_tree()
    {
        var options = MountOptionSet.Parse(["rbind", "rro", "rnosuid"]);

        Assert.Equal((0ul, 3ul), (options.Set, options.SetRecursive));
    }

    [Theory]
    [InlineData("remount,ro", 1ul, 0x2000_8eul)]
    [InlineData("remount,noatime,nodev", 0x14ul, 0x2000_fbul)]
    public void Should_clear_by_a_remount_what_is_not_set(string options, ulong set, ulong clear)
    {
        var parsed = MountOptionSet.Parse(options.Split(','));

        Assert.True(parsed.IsRemount);
        Assert.Equal((set, clear), (parsed.Set, parsed.ClearByRemount));
    }

    [Fact]
    public void Should_report_what_means_nothing_here_and_refuse_what_it_cannot_do()
    {
        Assert.Equal(["silent", "noacl"], MountOptionSet.Parse(["silent", "noacl"]).PassedOver);
        Assert.Empty(MountOptionSet.Parse(["sync", "async", "lazytime", "nolazytime"]).Data);
        Assert.True(MountOptionSet.Parse(["tmpcopyup"]).CopiesUp);
        Assert.Equal(StatusCode.Unimplemented, Assert.Throws<TtrpcException>(() => MountOptionSet.Parse(["idmap"])).Code);
    }
}
