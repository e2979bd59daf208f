using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace KataActors.Fuzz.Tests;

/// <summary>A JSON document that is changed in its structure first, and in its bytes at last.</summary>
internal sealed class FuzzedDocument(JsonObject root)
{
    // Stands for text that no JsonNode can hold, in the document until it becomes bytes.
    private const string Mark = "\u0001raw";

    private readonly List<string> _raw = [];
    private readonly List<Func<byte[], byte[]>> _last = [];

    /// <summary>The top-level fields that were changed; an error must name one of them.</summary>
    public SortedSet<string> Fields { get; } = new(StringComparer.Ordinal);

    /// <summary>Whether only fields were changed, so that the bytes are those of a document.</summary>
    public bool IsStructured => _last.Count == 0;

    public static FuzzedDocument Parse(ReadOnlySpan<byte> json) => new(JsonNode.Parse(json)!.AsObject());

    /// <summary>Makes one change; the result says which.</summary>
    public string Change(Random random)
    {
        var places = Places(root).ToArray();
        if (places.Length == 0 || random.Next(8) == 0)
        {
            var (kind, at) = (random.Next(ByteChanges.Count), random.Next());
            _last.Add(bytes => ByteChanges.Apply(kind, bytes, new Random(at)));
            return $"bytes: {ByteChanges.Name(kind)}";
        }

        return Change(places[random.Next(places.Length)], random);
    }

    public byte[] ToBytes()
    {
        var text = new StringBuilder(root.ToJsonString());
        for (var i = 0; i < _raw.Count; i++)
        {
            text.Replace(Escaped($"{Mark}{i};"), _raw[i]);
        }

        var bytes = Encoding.UTF8.GetBytes(text.ToString());
        return _last.Aggregate(bytes, (changed, change) => change(changed));
    }

    private string Change(Place place, Random random)
    {
        Fields.Add(place.Field);
        switch (random.Next(7))
        {
            case 0:
                place.Remove();
                return $"{place.Path} removed";
            case 1 when place.Parent is JsonObject map:
                // The last of two equal names counts.
                map[Raw(JsonSerializer.Serialize(place.Name))] = Value(HostileValues.Draw(random), out var twin);
                return $"{place.Path} given again as {twin}";
            case 2 when place.Parent is JsonArray list:
                var copies = random.Next(1, 200);
                Enumerable.Range(0, copies).ToList().ForEach(_ => list.Add(place.Value?.DeepClone()));
                return $"{place.Path} given {copies} times more";
            case 3 when place.Value is JsonValue value && value.TryGetValue<string>(out var text):
                var changed = TextChanges.Apply(text, random);
                place.Set(changed);
                return $"{place.Path} is {JsonSerializer.Serialize(changed)}";
            case 4 when place.Parent is JsonObject map:
                var name = TextChanges.Apply(place.Name, random);
                place.Remove();
                map[name] = place.Value?.DeepClone();
                return $"{place.Path} renamed {JsonSerializer.Serialize(name)}";
            case 5:
                var places = Places(root).ToArray();
                var other = places[random.Next(places.Length)];
                place.Set(other.Value?.DeepClone());
                return $"{place.Path} is a copy of {other.Path}";
            default:
                place.Set(Value(HostileValues.Draw(random), out var shown));
                return $"{place.Path} is {shown}";
        }
    }

    private JsonNode Value(string json, out string shown)
    {
        shown = json.Length <= 100 ? json : $"{json[..60]}… ({json.Length} characters)";
        return JsonValue.Create(Raw(json));
    }

    private string Raw(string json)
    {
        _raw.Add(json);
        return $"{Mark}{_raw.Count - 1};";
    }

    private static string Escaped(string text) => JsonSerializer.Serialize(text);

    private static IEnumerable<Place> Places(JsonNode? node, string path = "", string field = "")
    {
        var children = node switch
        {
            JsonObject map => map.Select(entry => new Place(map, entry.Key, entry.Value, path.Length == 0 ? entry.Key : $"{path}.{entry.Key}", field.Length == 0 ? entry.Key : field)),
            JsonArray list => list.Select((item, index) => new Place(list, $"{index}", item, $"{path}[{index}]", field)),
            _ => [],
        };
        return children.SelectMany(child => Places(child.Value, child.Path, child.Field).Prepend(child));
    }

    private sealed record Place(JsonNode Parent, string Name, JsonNode? Value, string Path, string Field)
    {
        public void Set(JsonNode? value)
        {
            if (Parent is JsonObject map)
            {
                map[Name] = value;
            }
            else
            {
                Parent[int.Parse(Name)] = value;
            }
        }

        public void Remove()
        {
            if (Parent is JsonObject map)
            {
                map.Remove(Name);
            }
            else
            {
                Parent.AsArray().RemoveAt(int.Parse(Name));
            }
        }
    }
}
