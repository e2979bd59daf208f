using System.Text.Json.Serialization;

namespace KataActors.Oci;

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, MaxDepth = SpecJson.MaxDepth, GenerationMode = JsonSourceGenerationMode.Metadata)]
[JsonSerializable(typeof(RuntimeSpec))]
[JsonSerializable(typeof(ResourcesSpec))]
[JsonSerializable(typeof(ProcessSpec))]
internal sealed partial class SpecJsonContext : JsonSerializerContext;
