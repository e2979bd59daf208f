using KataActors.Protocol.Agent;

namespace KataActors.Agent.Containers;

/// <summary>
/// Device rules as a program for the kernel (bpf(2)). As in cgroup v1, where the rules come from: no access at first, a later rule overrides earlier ones for
/// the accesses that it names, and a rule for all types overrides everything. The program asks the rules from the last to the first, each for the accesses
/// that are not granted yet.
/// </summary>
internal sealed class DeviceProgram
{
    /// <summary>So many rules that the kernel's verifier still takes the program.</summary>
    internal const int MostRules = 1024;

    private const int MostInstructionsOfRule = 14;
    private const int OtherInstructions = 8;
    private const int Comparison = 3;

    // linux/bpf.h, linux/bpf_common.h
    private const byte LoadWord = 0x61;
    private const byte Move = 0xbc;
    private const byte MoveNumber = 0xb4;
    private const byte AndNumber = 0x54;
    private const byte ExclusiveOr = 0xa4;
    private const byte ShiftRight = 0x74;
    private const byte JumpIfNumber = 0x16;
    private const byte JumpUnlessNumber = 0x56;
    private const byte Exit = 0x95;

    // Registers: the result, the argument, and the values of struct bpf_cgroup_dev_ctx.
    private const int Result = 0;
    private const int Context = 1;
    private const int Access = 2;
    private const int Type = 3;
    private const int Major = 4;
    private const int Minor = 5;

    private const uint Block = 1;
    private const uint Character = 2;
    private const int TypeBits = 16;

    // Every container may use these, by the runtime specification and as in runc; they come after all rules of the spec.
    private static readonly (uint Type, long Major, long Minor, string Access)[] s_always =
    [
        (Character, -1, -1, "m"), (Block, -1, -1, "m"), (Character, 1, 3, "rwm"), (Character, 1, 8, "rwm"), (Character, 1, 7, "rwm"), (Character, 5, 0, "rwm"),
        (Character, 1, 5, "rwm"), (Character, 1, 9, "rwm"), (Character, 136, -1, "rwm"), (Character, 5, 2, "rwm"), (Character, 10, 200, "rwm"),
    ];

    private readonly ulong[] _code;
    private int _length;

    private DeviceProgram(int rules) => _code = new ulong[OtherInstructions + (rules * MostInstructionsOfRule)];

    /// <summary>The instructions for the rules, which have been checked, and for the devices of every container.</summary>
    internal static ReadOnlySpan<ulong> Of(IReadOnlyList<LinuxDeviceCgroup> rules)
    {
        var program = new DeviceProgram(rules.Count + s_always.Length);
        program.Begin();
        foreach (var (type, major, minor, access) in s_always)
        {
            program.Add(allow: true, type, major, minor, access);
        }

        var allowed = false;
        for (var i = rules.Count - 1; i >= 0; i--)
        {
            var rule = rules[i];
            if (rule.Type is "a" or "")
            {
                allowed = rule.Allow;
                break;
            }

            program.Add(rule.Allow, rule.Type == "b" ? Block : Character, rule.Major, rule.Minor, rule.Access);
        }

        program.Return(allowed);
        return program._code.AsSpan(0, program._length);
    }

    /// <summary>Whether a text names accesses: some of r, w and m.</summary>
    internal static bool IsAccess(string access)
    {
        foreach (var letter in access)
        {
            if (letter is not ('r' or 'w' or 'm'))
            {
                return false;
            }
        }

        return access.Length > 0;
    }

    private static uint Bits(string access) => (access.Contains('m') ? 1u : 0) | (access.Contains('r') ? 2u : 0) | (access.Contains('w') ? 4u : 0);

    private void Begin()
    {
        Emit(LoadWord, Access, Context, offset: 0);
        Emit(LoadWord, Major, Context, offset: 4);
        Emit(LoadWord, Minor, Context, offset: 8);
        Emit(Move, Type, Access);
        Emit(AndNumber, Type, number: (1 << TypeBits) - 1);
        Emit(ShiftRight, Access, number: TypeBits);
    }

    private void Add(bool allow, uint type, long major, long minor, string access)
    {
        var end = _length + Comparison + (major >= 0 ? Comparison : 0) + (minor >= 0 ? Comparison : 0) + (allow ? 4 : 5);
        Compare(Type, type, end);
        if (major >= 0)
        {
            Compare(Major, (uint)major, end);
        }

        if (minor >= 0)
        {
            Compare(Minor, (uint)minor, end);
        }

        if (allow)
        {
            Emit(AndNumber, Access, number: ~Bits(access));
            Emit(JumpUnlessNumber, Access, offset: Skip(end), number: 0);
        }
        else
        {
            Emit(Move, Result, Access);
            Emit(AndNumber, Result, number: Bits(access));
            Emit(JumpIfNumber, Result, offset: Skip(end), number: 0);
        }

        Return(allow);
    }

    // By a difference, not directly: else the verifier would learn the register's value, and follow each of the many combinations of learned values.
    private void Compare(int register, uint number, int otherwise)
    {
        Emit(Move, Result, register);
        Emit(ExclusiveOr, Result, number: number);
        Emit(JumpUnlessNumber, Result, offset: Skip(otherwise), number: 0);
    }

    private int Skip(int end) => end - _length - 1;

    private void Return(bool allowed)
    {
        Emit(MoveNumber, Result, number: allowed ? 1u : 0);
        Emit(Exit, Result);
    }

    private void Emit(byte code, int destination, int source = 0, int offset = 0, uint number = 0) =>
        _code[_length++] = code | ((ulong)destination << 8) | ((ulong)source << 12) | ((ulong)(ushort)offset << 16) | ((ulong)number << 32);
}
