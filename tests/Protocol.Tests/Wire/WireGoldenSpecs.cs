using Google.Protobuf;

namespace KataActors.Protocol.Wire;

/// <summary>
/// The bytes of every message type. Golden/(full name).txt holds a line of hexadecimal for each shape that the type has had: the last
/// one is today's sample, and the earlier ones, from before fields were added, must still be understood. Lines are only ever added.
/// </summary>
public sealed class WireGoldenSpecs
{
    public static TheoryData<string> Types => new(WireSample.Types.Select(type => type.FullName));

    [Theory]
    [MemberData(nameof(Types))]
    public void Should_have_the_golden_bytes_when_every_field_is_set(string name)
    {
        string bytes = Convert.ToHexString(Sample(name).ToByteArray());
        Assert.True(File.Exists(PathOf(name)), $"no golden file for {name}; its bytes are {bytes}");
        Assert.Equal(File.ReadLines(PathOf(name)).Last(), bytes);
    }

    [Theory]
    [MemberData(nameof(Types))]
    public void Should_understand_every_shape_when_it_was_ever_written(string name)
    {
        var type = WireSample.Types.Single(type => type.FullName == name);
        foreach (string line in File.ReadLines(PathOf(name)))
        {
            var message = type.Parser.WithDiscardUnknownFields(true).ParseFrom(Convert.FromHexString(line));
            Assert.Equal(line, Convert.ToHexString(message.ToByteArray()));
        }
    }

    [Fact]
    public void Should_have_no_golden_file_when_its_type_is_gone() =>
        Assert.Empty(Directory.EnumerateFiles(Folder).Select(Path.GetFileNameWithoutExtension).Except(Types.Select(type => type.Data)));

    private static IMessage Sample(string name) => WireSample.Filled(WireSample.Types.Single(type => type.FullName == name));

    private static string Folder => Path.Combine(AppContext.BaseDirectory, "Golden");

    private static string PathOf(string name) => Path.Combine(Folder, $"{name}.txt");
}
