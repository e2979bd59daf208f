using Google.Protobuf;
using Google.Protobuf.Reflection;

namespace KataActors.Protocol.Agent;

/// <summary>
/// The numbers of Kata Containers' agent.proto, oci.proto, types.proto and health.proto (src/libs/protocols/protos), as far as they are used here: a stock peer
/// understands the messages, and our own fields have numbers that it does not use.
/// </summary>
public sealed class KataNumbersSpecs
{
    private const int Ours = 1000;

    private static readonly Dictionary<string, string> s_kata = new()
    {
        ["CreateContainerRequest"] = "container_id 1, exec_id 2, string_user 3, devices 4, storages 5, OCI 6, sandbox_pidns 7, shared_mounts 8",
        ["StartContainerRequest"] = "container_id 1",
        ["RemoveContainerRequest"] = "container_id 1, timeout 2",
        ["UpdateContainerRequest"] = "container_id 1, resources 2",
        ["StatsContainerRequest"] = "container_id 1",
        ["StatsContainerResponse"] = "cgroup_stats 1, network_stats 2",
        ["CgroupStats"] = "cpu_stats 1, memory_stats 2, pids_stats 3, blkio_stats 4, hugetlb_stats 5",
        ["CpuStats"] = "cpu_usage 1, throttling_data 2",
        ["CpuUsage"] = "total_usage 1, percpu_usage 2, usage_in_kernelmode 3, usage_in_usermode 4",
        ["ThrottlingData"] = "periods 1, throttled_periods 2, throttled_time 3",
        ["MemoryStats"] = "cache 1, usage 2, swap_usage 3, kernel_usage 4, use_hierarchy 5, stats 6",
        ["MemoryData"] = "usage 1, max_usage 2, failcnt 3, limit 4",
        ["PidsStats"] = "current 1, limit 2",
        ["BlkioStats"] = "io_service_bytes_recursive 1, io_serviced_recursive 2, io_queued_recursive 3, io_service_time_recursive 4, io_wait_time_recursive 5, io_merged_recursive 6, io_time_recursive 7, sectors_recursive 8",
        ["BlkioStatsEntry"] = "major 1, minor 2, op 3, value 4",
        ["PauseContainerRequest"] = "container_id 1",
        ["ResumeContainerRequest"] = "container_id 1",
        ["ListProcessesRequest"] = "container_id 1, format 2, args 3",
        ["ListProcessesResponse"] = "process_list 1",
        ["ExecProcessRequest"] = "container_id 1, exec_id 2, string_user 3, process 4",
        ["SignalProcessRequest"] = "container_id 1, exec_id 2, signal 3",
        ["WaitProcessRequest"] = "container_id 1, exec_id 2",
        ["WaitProcessResponse"] = "status 1",
        ["WriteStreamRequest"] = "container_id 1, exec_id 2, data 3",
        ["WriteStreamResponse"] = "len 1",
        ["ReadStreamRequest"] = "container_id 1, exec_id 2, len 3",
        ["ReadStreamResponse"] = "data 1",
        ["CloseStdinRequest"] = "container_id 1, exec_id 2",
        ["TtyWinResizeRequest"] = "container_id 1, exec_id 2, row 3, column 4",
        ["CreateSandboxRequest"] = "hostname 1, dns 2, storages 3, sandbox_pidns 4, sandbox_id 5, guest_hook_path 6, kernel_modules 7",
        ["DestroySandboxRequest"] = "",
        ["OnlineCPUMemRequest"] = "wait 1, nb_cpus 2, cpu_only 3",
        ["ReseedRandomDevRequest"] = "data 2",
        ["SetGuestDateTimeRequest"] = "Sec 1, Usec 2",
        ["AgentDetails"] = "version 1, init_daemon 2, device_handlers 3, storage_handlers 4, supports_seccomp 5",
        ["GuestDetailsRequest"] = "mem_block_size 1, mem_hotplug_probe 2",
        ["GuestDetailsResponse"] = "mem_block_size_bytes 1, agent_details 2, support_mem_hotplug_probe 3",
        ["Storage"] = "driver 1, driver_options 2, source 3, fstype 4, options 5, mount_point 6, fs_group 7",
        ["Spec"] = "Version 1, Process 2, Root 3, Hostname 4, Mounts 5, Hooks 6, Annotations 7, Linux 8",
        ["Hooks"] = "Prestart 1, Poststart 2, Poststop 3, CreateRuntime 4, CreateContainer 5, StartContainer 6",
        ["Hook"] = "Path 1, Args 2, Env 3, Timeout 4",
        ["Process"] = "Terminal 1, ConsoleSize 2, User 3, Args 4, Env 5, Cwd 6, Capabilities 7, Rlimits 8, NoNewPrivileges 9, ApparmorProfile 10, OOMScoreAdj 11, SelinuxLabel 12",
        ["Box"] = "Height 1, Width 2",
        ["User"] = "UID 1, GID 2, AdditionalGids 3, Username 4",
        ["LinuxCapabilities"] = "Bounding 1, Effective 2, Inheritable 3, Permitted 4, Ambient 5",
        ["POSIXRlimit"] = "Type 1, Hard 2, Soft 3",
        ["Mount"] = "destination 1, source 2, type 3, options 4",
        ["Root"] = "Path 1, Readonly 2",
        ["Linux"] = "UIDMappings 1, GIDMappings 2, Sysctl 3, Resources 4, CgroupsPath 5, Namespaces 6, Devices 7, Seccomp 8, RootfsPropagation 9, MaskedPaths 10, ReadonlyPaths 11, MountLabel 12, IntelRdt 13",
        ["LinuxIDMapping"] = "HostID 1, ContainerID 2, Size 3",
        ["LinuxNamespace"] = "Type 1, Path 2",
        ["LinuxDevice"] = "Path 1, Type 2, Major 3, Minor 4, FileMode 5, UID 6, GID 7",
        ["LinuxResources"] = "Devices 1, Memory 2, CPU 3, Pids 4, BlockIO 5, HugepageLimits 6, Network 7",
        ["LinuxMemory"] = "Limit 1, Reservation 2, Swap 3, Kernel 4, KernelTCP 5, Swappiness 6, DisableOOMKiller 7",
        ["LinuxCPU"] = "Shares 1, Quota 2, Period 3, RealtimeRuntime 4, RealtimePeriod 5, Cpus 6, Mems 7",
        ["LinuxPids"] = "Limit 1",
        ["LinuxDeviceCgroup"] = "Allow 1, Type 2, Major 3, Minor 4, Access 5",
        ["UpdateInterfaceRequest"] = "interface 1",
        ["UpdateRoutesRequest"] = "routes 1",
        ["Routes"] = "Routes 1",
        ["AddARPNeighborsRequest"] = "neighbors 1",
        ["ARPNeighbors"] = "ARPNeighbors 1",
        ["Interface"] = "device 1, name 2, IPAddresses 3, mtu 4, hwAddr 5, devicePath 6, type 7, raw_flags 8",
        ["IPAddress"] = "family 1, address 2, mask 3",
        ["Route"] = "dest 1, gateway 2, device 3, source 4, scope 5, family 6, flags 7, mtu 8",
        ["ARPNeighbor"] = "toIPAddress 1, device 2, lladdr 3, state 4, flags 5",
        ["CheckRequest"] = "service 1",
        ["HealthCheckResponse"] = "status 1",
        ["VersionCheckResponse"] = "grpc_version 1, agent_version 2",
    };

    // Only these messages are entirely ours.
    private static readonly HashSet<string> s_ours = ["GuestIdentity", "GuestProcess", "LinuxTimeOffset", "RemoveProcessRequest", "Scheduler", "SystemCallFilter"];

    public static TheoryData<string> Messages => new(Descriptors().Select(message => message.Name).Where(name => !s_ours.Contains(name)));

    [Theory]
    [MemberData(nameof(Messages))]
    public void Should_have_katas_name_and_number_for_each_field_that_is_not_ours(string message)
    {
        var kata = s_kata[message].Split(", ", StringSplitOptions.RemoveEmptyEntries);

        Assert.All(Fields(message).Where(field => field.FieldNumber < Ours), field => Assert.Contains($"{field.Name} {field.FieldNumber}", kata));
    }

    [Theory]
    [MemberData(nameof(Messages))]
    public void Should_understand_a_message_with_fields_that_only_a_later_peer_knows(string message)
    {
        var later = new byte[] { 0xFA, 0xFF, 0x07, 3, 1, 2, 3 }; // field 16383, three bytes

        var parsed = Descriptors().Single(descriptor => descriptor.Name == message).Parser.ParseFrom(later);

        Assert.Equal(later, parsed.ToByteArray());
    }

    private static IEnumerable<MessageDescriptor> Descriptors() =>
        new[] { AgentReflection.Descriptor, OciReflection.Descriptor, TypesReflection.Descriptor, HealthReflection.Descriptor }.SelectMany(file => file.MessageTypes);

    private static IEnumerable<FieldDescriptor> Fields(string message) => Descriptors().Single(descriptor => descriptor.Name == message).Fields.InDeclarationOrder();
}
