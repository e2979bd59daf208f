using System.Reflection;
using Google.Protobuf.Reflection;
using KataActors.Protocol.Agent;
using KataActors.Protocol.Control;

namespace KataActors.Protocol.Wire;

/// <summary>The constants and the typed clients against the services of the .proto files.</summary>
public sealed class ServiceNameSpecs
{
    public static TheoryData<string> Methods => new(
        WireSample.Services.SelectMany(service => service.Methods).Select(method => method.FullName));

    [Theory]
    [MemberData(nameof(Methods))]
    public void Should_have_a_constant_and_a_typed_call_when_a_service_has_a_method(string fullName)
    {
        var method = WireSample.Services.SelectMany(service => service.Methods).Single(method => method.FullName == fullName);
        bool control = method.Service.File == ControlReflection.Descriptor;

        var names = control ? typeof(ControlServiceNames) : typeof(AgentServiceNames);
        Assert.Contains(method.Name, Constants(names));
        Assert.Contains(method.Service.FullName, Constants(names));

        var call = (control ? typeof(ControlClient) : typeof(AgentClient)).GetMethods()
            .Single(call => call.Name == method.Name + "Async" && call.ReturnType == typeof(Task<>).MakeGenericType(method.OutputType.ClrType));
        Assert.Equal(method.InputType.ClrType, call.GetParameters()[0].ParameterType);
    }

    [Fact]
    public void Should_name_nothing_else_when_all_services_are_covered() => Assert.Empty(
        Constants(typeof(ControlServiceNames)).Concat(Constants(typeof(AgentServiceNames)))
            .Except(WireSample.Services.SelectMany(Names)));

    private static IEnumerable<string> Names(ServiceDescriptor service) =>
        service.Methods.Select(method => method.Name).Append(service.FullName);

    private static IEnumerable<string> Constants(Type type) => type.GetFields(BindingFlags.Public | BindingFlags.Static)
        .Select(field => (string)field.GetRawConstantValue()!);
}
