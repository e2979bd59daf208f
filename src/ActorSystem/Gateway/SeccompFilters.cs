using System.Buffers.Binary;
using Google.Protobuf;
using KataActors.Linux;
using KataActors.Linux.Guest;
using KataActors.Oci;
using KataActors.Protocol.Agent;
using KataActors.Protocol.Ttrpc;

namespace KataActors.Runtime.Gateway;

/// <summary>
/// Compiles <c>linux.seccomp</c> into the program that a guest loads, with runc's meaning: unknown system calls are left out, conditions of which two are on
/// one argument are rules of their own, and calls newer than all named ones do not exist (ENOSYS), so that programs fall back to older calls.
/// </summary>
internal static class SeccompFilters
{
    private const uint NotPermitted = 1;
    private const uint NoSuchCall = 38;
    private const int FewRules = 8;
    private const string DefaultFlag = "SECCOMP_FILTER_FLAG_SPEC_ALLOW";

    // linux/bpf_common.h, and the offsets of struct seccomp_data.
    private const ushort LoadWord = 0x20;
    private const ushort JumpIfEqual = 0x15;
    private const ushort JumpIfGreater = 0x25;
    private const ushort Return = 0x06;
    private const uint CallOffset = 0;
    private const uint ArchitectureOffset = 4;

    /// <summary>The filter; null when the section asks for none.</summary>
    /// <exception cref="TtrpcException">The rules, which have been checked, cannot be compiled.</exception>
    public static SystemCallFilter? Compile(SeccompSpec? seccomp)
    {
        if (seccomp is null || seccomp.IsEmpty)
        {
            return null;
        }

        try
        {
            byte[] program = [.. NewerCalls(seccomp), .. Rules(seccomp)];
            var instructions = program.Length / SystemCallFilters.InstructionBytes;
            return instructions <= SystemCallFilters.MostInstructions
                ? new SystemCallFilter { Program = UnsafeByteOperations.UnsafeWrap(program), Flags = Flags(seccomp) }
                : throw Requests.Invalid($"config.json: linux.seccomp makes a filter of {instructions} instructions, at most {SystemCallFilters.MostInstructions} are allowed");
        }
        catch (LinuxException failure)
        {
            throw Requests.Invalid($"config.json: linux.seccomp cannot be compiled: {failure.Message}");
        }
        catch (DllNotFoundException)
        {
            throw new TtrpcException(StatusCode.FailedPrecondition, "config.json: linux.seccomp needs the library libseccomp.so.2, which is not installed on this host");
        }
    }

    private static byte[] Rules(SeccompSpec seccomp)
    {
        var byDefault = Action(seccomp.DefaultAction!, seccomp.DefaultErrnoRet);
        using var rules = new SystemCallRules(byDefault);
        foreach (var architecture in Architectures(seccomp))
        {
            rules.AddArchitecture(architecture);
        }

        if (seccomp.Syscalls.Sum(rule => rule.Names.Count) > FewRules)
        {
            rules.Optimize();
        }

        foreach (var rule in seccomp.Syscalls)
        {
            if (Action(rule.Action!, rule.ErrnoRet) is var action && action != byDefault)
            {
                Add(rules, rule, action);
            }
        }

        return rules.Compile();
    }

    private static void Add(SystemCallRules rules, SeccompRuleSpec rule, uint action)
    {
        var conditions = rule.Args.Select(condition => (condition.Index, SeccompNames.Operators[condition.Op!], condition.Value, condition.ValueTwo)).ToArray();
        var areApart = rule.Args.DistinctBy(condition => condition.Index).Count() < rule.Args.Count;
        foreach (var call in rule.Names.Select(name => SystemCallRules.Number(name)).OfType<int>())
        {
            if (!areApart)
            {
                rules.Add(action, call, conditions);
                continue;
            }

            foreach (var condition in conditions)
            {
                rules.Add(action, call, condition);
            }
        }
    }

    // Before the rules: a call above the highest one that has a rule gets ENOSYS, unless the default lets it pass, or says so itself.
    private static IEnumerable<byte> NewerCalls(SeccompSpec seccomp)
    {
        if (seccomp.DefaultAction is "SCMP_ACT_ALLOW" or "SCMP_ACT_LOG" or "SCMP_ACT_TRACE" || seccomp.DefaultErrnoRet == NoSuchCall)
        {
            yield break;
        }

        // Calls of x32 have numbers above all others of x86-64; no guest's kernel has them.
        foreach (var architecture in Architectures(seccomp).Where(architecture => architecture != SeccompNames.Architectures["SCMP_ARCH_X32"]))
        {
            var last = seccomp.Syscalls.SelectMany(rule => rule.Names).Max(name => SystemCallRules.Number(name, architecture)) ?? 0;
            foreach (var instruction in last <= 0 ? [] : NewerThan((uint)last, architecture))
            {
                yield return instruction;
            }
        }
    }

    private static byte[] NewerThan(uint last, uint architecture) =>
    [
        .. Instruction(LoadWord, 0, 0, ArchitectureOffset),
        .. Instruction(JumpIfEqual, 0, 3, architecture),
        .. Instruction(LoadWord, 0, 0, CallOffset),
        .. Instruction(JumpIfGreater, 0, 1, last),
        .. Instruction(Return, 0, 0, Action("SCMP_ACT_ERRNO", NoSuchCall)),
    ];

    private static IEnumerable<uint> Architectures(SeccompSpec seccomp) => seccomp.Architectures
        .Where(SeccompNames.Architectures.ContainsKey).Select(name => SeccompNames.Architectures[name])
        .Prepend(SystemCallRules.NativeArchitecture).Distinct();

    private static uint Action(string name, uint? errno) =>
        SeccompNames.Actions[name] | (name is "SCMP_ACT_ERRNO" or "SCMP_ACT_TRACE" ? errno ?? NotPermitted : 0);

    private static uint Flags(SeccompSpec seccomp) => (seccomp.Flags ?? [DefaultFlag]).Aggregate(0u, (flags, name) => flags | SeccompNames.Flags[name]);

    private static byte[] Instruction(ushort code, byte ifTrue, byte ifFalse, uint operand)
    {
        var instruction = new byte[SystemCallFilters.InstructionBytes];
        BinaryPrimitives.WriteUInt16LittleEndian(instruction, code);
        (instruction[2], instruction[3]) = (ifTrue, ifFalse);
        BinaryPrimitives.WriteUInt32LittleEndian(instruction.AsSpan(4), operand);
        return instruction;
    }
}
