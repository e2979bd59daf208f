using System.Text;
using KataActors.Cli.Output;
using KataActors.Protocol.Control;

namespace KataActors.Cli.Tests.Output;

/// <summary>The documents to the last byte: programs read them.</summary>
public sealed class SandboxJsonSpecs
{
    [Fact]
    public void Should_write_no_sandboxes_as_an_empty_array() => Assert.Equal("[]\n", Text(SandboxJson.List([])));

    [Fact]
    public void Should_write_a_list()
    {
        var first = new SandboxSummary { Id = "a", Root = "/run/x", Status = "running", VmmPid = 12, ContainerCount = 2, CreatedUnixNs = 1_700_000_000_123_456_700 };

        Assert.Equal(
            """
            [
              {
                "id": "a",
                "root": "/run/x",
                "status": "running",
                "vmmPid": 12,
                "containerCount": 2,
                "created": "2023-11-14T22:13:20.1234567Z"
              },
              {
                "id": "",
                "root": "",
                "status": "",
                "vmmPid": 0,
                "containerCount": 0,
                "created": "1970-01-01T00:00:00Z"
              }
            ]

            """,
            Text(SandboxJson.List([first, new SandboxSummary()])));
    }

    [Fact]
    public void Should_write_a_sandbox_in_full()
    {
        var sandbox = new InspectSandboxResponse
        {
            Sandbox = new SandboxSummary { Id = "s", Root = "/r", Status = "stopped", ContainerCount = 2, CreatedUnixNs = 1_000_000_000 },
            HostName = "s-0123456789abcdef",
            Uuid = "11111111-2222-3333-4444-555555555555",
            VmSource = "pool",
            Accelerator = "kvm",
            Vcpus = 3,
            MemoryMib = 256,
            VcpuTids = { 5, 6 },
            Cgroups = { "/sys/fs/cgroup/kata/s", "/sys/fs/cgroup/kata/s/vcpu" },
            CfsQuotaUs = -1,
            CfsPeriodUs = ulong.MaxValue,
            HostCgroups = new HostCgroups
            {
                OtherTids = { 4, 7 },
                NrPeriods = 10,
                NrThrottled = 3,
                ThrottledUs = long.MaxValue,
                CpuWeight = 100,
                Cpus = "0-1",
                MemoryLimitBytes = 1 << 30,
                MemoryBytes = 4096,
            },
            GuestKernel = "6.1 <b> & \"q\" \\ ü 😀 \t",
            GuestMachineId = "0123",
            AgentRssKib = 2048,
            Reason = "QEMU was killed by signal 9",
            Timings = { new StepTiming { Step = "launch", StartUs = 1, DurationUs = 20 }, new StepTiming() },
            Containers =
            {
                new Container { Id = "s", Status = "stopped", Bundle = "/b", ExitCode = 0, Reason = "why" },
                new Container { Id = "c", Status = "running", Pid = 9, Bundle = "/c" },
            },
            Actors = { "/user/sandboxes/s" },
        };

        Assert.Equal(
            """
            {
              "id": "s",
              "root": "/r",
              "status": "stopped",
              "vmmPid": 0,
              "containerCount": 2,
              "created": "1970-01-01T00:00:01Z",
              "hostName": "s-0123456789abcdef",
              "uuid": "11111111-2222-3333-4444-555555555555",
              "vmSource": "pool",
              "accelerator": "kvm",
              "vcpus": 3,
              "memoryMib": 256,
              "vcpuTids": [
                5,
                6
              ],
              "cgroups": [
                "/sys/fs/cgroup/kata/s",
                "/sys/fs/cgroup/kata/s/vcpu"
              ],
              "cfsQuotaUs": -1,
              "cfsPeriodUs": 18446744073709551615,
              "otherTids": [
                4,
                7
              ],
              "throttling": {
                "periods": 10,
                "throttledPeriods": 3,
                "throttledUs": 9223372036854775807
              },
              "cpuWeight": 100,
              "cpus": "0-1",
              "memoryLimitBytes": 1073741824,
              "memoryBytes": 4096,
              "threadLimit": null,
              "guestKernel": "6.1 <b> & \"q\" \\ ü \uD83D\uDE00 \t",
              "guestMachineId": "0123",
              "agentRssKib": 2048,
              "reason": "QEMU was killed by signal 9",
              "timings": [
                {
                  "step": "launch",
                  "startUs": 1,
                  "durationUs": 20
                },
                {
                  "step": "",
                  "startUs": 0,
                  "durationUs": 0
                }
              ],
              "containers": [
                {
                  "id": "s",
                  "status": "stopped",
                  "pid": 0,
                  "bundle": "/b",
                  "exitCode": 0,
                  "reason": "why"
                },
                {
                  "id": "c",
                  "status": "running",
                  "pid": 9,
                  "bundle": "/c",
                  "reason": ""
                }
              ],
              "actors": [
                "/user/sandboxes/s"
              ]
            }

            """,
            Text(SandboxJson.Inspect(sandbox)));
    }

    [Fact]
    public void Should_leave_out_what_the_host_says_of_cgroups_that_do_not_exist() => Assert.Equal(
        """
        {
          "id": "",
          "root": "",
          "status": "",
          "vmmPid": 0,
          "containerCount": 0,
          "created": "1970-01-01T00:00:00Z",
          "hostName": "",
          "uuid": "",
          "vmSource": "",
          "accelerator": "",
          "vcpus": 0,
          "memoryMib": 0,
          "vcpuTids": [],
          "cgroups": [],
          "cfsQuotaUs": 0,
          "cfsPeriodUs": 0,
          "guestKernel": "",
          "guestMachineId": "",
          "agentRssKib": 0,
          "reason": "",
          "timings": [],
          "containers": [],
          "actors": []
        }

        """,
        Text(SandboxJson.Inspect(new InspectSandboxResponse())));

    [Fact]
    public void Should_write_null_for_a_limit_that_is_not_set()
    {
        var text = Text(SandboxJson.Inspect(new InspectSandboxResponse { HostCgroups = new HostCgroups { ThreadLimit = 7 } }));

        Assert.Contains(
            """
              "otherTids": [],
              "throttling": {
                "periods": 0,
                "throttledPeriods": 0,
                "throttledUs": 0
              },
              "cpuWeight": 0,
              "cpus": "",
              "memoryLimitBytes": null,
              "memoryBytes": 0,
              "threadLimit": 7,
              "guestKernel": "",
            """,
            text,
            StringComparison.Ordinal);
    }

    private static string Text(byte[] json) => Encoding.UTF8.GetString(json);
}
