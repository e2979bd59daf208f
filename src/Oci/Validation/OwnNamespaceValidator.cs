namespace KataActors.Oci;

/// <summary>The parts of the <c>linux</c> section that belong to a user or time namespace of the container.</summary>
internal static class OwnNamespaceValidator
{
    // user_namespaces(7).
    private const int MaxRanges = 340;
    private const uint MaxNanoseconds = 999_999_999;

    /// <param name="linux">The section.</param>
    /// <param name="namespaces">The kinds of namespaces that it asks for.</param>
    public static void Validate(LinuxSpec linux, IReadOnlySet<string> namespaces)
    {
        CheckMap("linux.uidMappings", linux.UidMappings, namespaces.Contains("user"));
        CheckMap("linux.gidMappings", linux.GidMappings, namespaces.Contains("user"));
        CheckOffsets(linux.TimeOffsets, namespaces.Contains("time"));
    }

    private static void CheckMap(string field, IReadOnlyList<IdMappingSpec> map, bool isUsed)
    {
        SpecValidator.CheckList(field, map, MaxRanges);
        if (isUsed != map.Count > 0)
        {
            throw SpecException.Invalid(field, isUsed ? "is missing or empty, but linux.namespaces asks for a user namespace" : "is given, but linux.namespaces has no user namespace");
        }

        for (var i = 0; i < map.Count; i++)
        {
            var range = map[i];
            if (range.Size == 0 || (ulong)range.ContainerID + range.Size > uint.MaxValue || (ulong)range.HostID + range.Size > uint.MaxValue)
            {
                throw SpecException.Invalid($"{field}[{i}]", $"with size {range.Size} is not a range of ids");
            }

            if (map.Take(i).Any(other => Overlap(other.ContainerID, other.Size, range.ContainerID, range.Size) || Overlap(other.HostID, other.Size, range.HostID, range.Size)))
            {
                throw SpecException.Invalid($"{field}[{i}]", "overlaps an earlier range");
            }
        }
    }

    private static void CheckOffsets(IReadOnlyDictionary<string, TimeOffsetSpec> offsets, bool isUsed)
    {
        if (offsets.Count > 0 && !isUsed)
        {
            throw SpecException.Invalid("linux.timeOffsets", "is given, but linux.namespaces has no time namespace");
        }

        foreach (var (clock, offset) in offsets)
        {
            if (clock is not ("monotonic" or "boottime"))
            {
                throw SpecException.Invalid("linux.timeOffsets", $"{Quoted.Text(clock)} is not a clock of a time namespace");
            }

            if (offset is null || offset.Nanosecs > MaxNanoseconds)
            {
                throw SpecException.Invalid($"linux.timeOffsets.{clock}", offset is null ? "is null" : $"has {offset.Nanosecs} nanoseconds, at most {MaxNanoseconds} are allowed");
            }
        }
    }

    private static bool Overlap(uint first, uint firstSize, uint second, uint secondSize) =>
        first < (ulong)second + secondSize && second < (ulong)first + firstSize;
}
