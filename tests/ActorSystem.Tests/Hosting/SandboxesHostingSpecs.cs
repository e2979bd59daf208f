using KataActors.Runtime.Configuration;
using KataActors.Runtime.Hosting;
using Xunit;

namespace KataActors.Runtime.Tests.Hosting;

public sealed class SandboxesHostingSpecs
{
    [Fact]
    public void Should_give_the_monitor_of_a_vm_without_weight_more_time_to_answer_and_none_to_stop()
    {
        var settings = DaemonSettings.Create(DaemonConfiguration.Load(Repository.ReferenceConfiguration, null), new InstallPaths("/opt/share/kata-actors"));
        var (usual, factorys) = (SandboxesHosting.Hypervisor(settings), SandboxesHosting.FactorysHypervisor(settings));

        Assert.Equal(usual.MonitorCommandTimeout * 5, factorys.MonitorCommandTimeout);
        Assert.Equal(usual, factorys with { MonitorCommandTimeout = usual.MonitorCommandTimeout });
        Assert.Equal((settings.Deadlines.StopStep, settings.Deadlines.StopStep), (usual.QuitTimeout, usual.TerminateTimeout));
    }
}
