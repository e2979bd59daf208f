namespace KataActors.EndToEnd.Tests.Conformance;

/// <summary>Shares, quotas and affinities, for which a guest of several vCPUs is needed.</summary>
public sealed class CpuSpecs(RecordedCpus cpus) : IClassFixture<RecordedCpus>
{
    [Clause("config/process/exec-cpu-affinity")]
    public void Should_run_added_processes_on_their_cpus_only() => Assert.Equal(("Cpus_allowed_list:\t0-1", "Cpus_allowed_list:\t1"), cpus.Cpus);

    [Clause("linux/resources/cpu-quota")]
    public void Should_limit_the_vm_to_the_sum_of_the_quotas_and_each_container_to_its_own()
    {
        Assert.Equal(("100000/100000", "140000/100000"), cpus.HostQuotas);
        Assert.Equal("100000 100000\n20\n20000 50000\n79", cpus.GuestLimits);
    }
}
