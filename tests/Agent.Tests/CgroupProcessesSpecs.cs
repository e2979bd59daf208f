using KataActors.Agent.Containers;

namespace KataActors.Agent.Tests;

public sealed class CgroupProcessesSpecs
{
    [Fact]
    public void Should_list_the_processes_of_groups_below_and_pass_over_those_that_have_no_list()
    {
        var folder = Directory.CreateTempSubdirectory().FullName;
        try
        {
            Directory.CreateDirectory($"{folder}/below");
            Directory.CreateDirectory($"{folder}/gone");
            File.WriteAllText($"{folder}/cgroup.procs", "7\n9\n");
            File.WriteAllText($"{folder}/below/cgroup.procs", "11\n");
            File.CreateSymbolicLink($"{folder}/gone/cgroup.procs", $"{folder}/none");

            Assert.Equal([7, 9, 11], new ContainerCgroup(folder).Processes().Order());
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
