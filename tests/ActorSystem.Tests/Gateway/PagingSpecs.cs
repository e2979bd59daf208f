using System.Collections.Immutable;
using KataActors.Protocol.Control;
using KataActors.Protocol.Ttrpc;
using KataActors.Runtime.Sandboxes;
using KataActors.TestSupport;
using Xunit;

namespace KataActors.Runtime.Tests.Gateway;

/// <summary>Lists that are too large for one frame.</summary>
public sealed class PagingSpecs : GatewayTest
{
    private const int Many = 5000;

    private static readonly ImmutableArray<ContainerSnapshot> s_containers = [.. Enumerable.Range(0, Many).Select(Container)];

    [Fact]
    public async Task Should_list_all_of_many_containers_with_large_annotations_in_a_constant_order()
    {
        Manager.Answer = _ => new SandboxQueries.ContainerList(s_containers);
        var (client, control) = await ConnectAsync();
        await using var closed = client;

        var (listed, pages) = await ListAsync(control);

        Assert.Equal(s_containers.Select(container => container.Key.Id).Order(StringComparer.Ordinal), listed.Select(container => container.Id));
        Assert.All(listed, container => Assert.Equal(4096, container.Annotations["large"].Length));
        Assert.InRange(pages, 20, 100);

        Manager.Answer = _ => new SandboxQueries.ContainerList([.. s_containers.Reverse()]);
        Assert.Equal(listed, (await ListAsync(control)).Containers);
    }

    [Fact]
    public async Task Should_list_what_is_there_all_the_time_once_when_others_come_and_go_between_pages()
    {
        var answers = 0;
        Manager.Answer = _ => new SandboxQueries.ContainerList([.. s_containers.Where((_, index) => index % 2 == 0 || index % 3 == answers++ % 3)]);
        var (client, control) = await ConnectAsync();
        await using var closed = client;

        var (listed, _) = await ListAsync(control);

        Assert.Equal(listed.Count, listed.DistinctBy(container => container.Id).Count());
        Assert.Equal(Many / 2, listed.Count(container => int.Parse(container.Id[1..], System.Globalization.CultureInfo.InvariantCulture) % 2 == 0));
    }

    [Fact]
    public async Task Should_list_and_inspect_sandboxes_page_by_page()
    {
        var sandboxes = Enumerable.Range(0, 7).Select(number =>
            new SandboxSnapshot(new ContainerKey($"/r{number % 2}", $"s{number / 2}"), SandboxStatus.Ready, 1, 1, DateTimeOffset.UnixEpoch)).ToImmutableArray();
        Manager.Sandboxes = new SandboxQueries.SandboxList(sandboxes);
        Manager.Answer = _ => new SandboxDetails(
            sandboxes[0], "h", Guid.Empty, [], [], "cold", [], s_containers, [], "", "", "tcg", 1, 256, 0, 0, 0);
        var (client, control) = await ConnectAsync();
        await using var closed = client;

        var listed = new List<string>();
        for (var token = ""; token.Length > 0 || listed.Count == 0;)
        {
            var page = await control.ListSandboxesAsync(new ListSandboxesRequest { PageToken = token, PageSize = 2 }, Deadline.Span, Deadline.Token);
            Assert.InRange(page.Sandboxes.Count, 1, 2);
            listed.AddRange(page.Sandboxes.Select(sandbox => sandbox.Id + sandbox.Root));
            token = page.NextPageToken;
        }

        Assert.Equal(["s0/r0", "s0/r1", "s1/r0", "s1/r1", "s2/r0", "s2/r1", "s3/r0"], listed);
        var inspected = new List<string>();
        for (var token = ""; token.Length > 0 || inspected.Count == 0;)
        {
            var request = new InspectSandboxRequest { Root = "/r0", Id = "s0", PageToken = token, PageSize = 1000 };
            var page = await control.InspectSandboxAsync(request, Deadline.Span, Deadline.Token);
            Assert.All(page.Containers, container => Assert.Empty(container.Annotations));
            inspected.AddRange(page.Containers.Select(container => container.Id));
            token = page.NextPageToken;
        }

        Assert.Equal(Many, inspected.Distinct().Count());
    }

    [Fact]
    public async Task Should_give_all_on_one_page_when_no_page_is_asked_for()
    {
        Manager.Answer = _ => new SandboxQueries.ContainerList(s_containers[..500]);
        var (client, control) = await ConnectAsync();
        await using var closed = client;

        var list = await control.ListAsync(new ListRequest { Root = "/r" }, Deadline.Span, Deadline.Token);

        Assert.Equal((500, ""), (list.Containers.Count, list.NextPageToken));
    }

    [Fact]
    public async Task Should_refuse_a_token_that_it_has_not_given()
    {
        Manager.Answer = _ => new SandboxQueries.ContainerList([]);
        var (client, control) = await ConnectAsync();
        await using var closed = client;

        var failure = await Assert.ThrowsAsync<TtrpcException>(() =>
            control.ListAsync(new ListRequest { Root = "/r", PageToken = "x", PageSize = 1 }, Deadline.Span, Deadline.Token));

        Assert.Equal((StatusCode.InvalidArgument, "the page token is none of this daemon"), (failure.Code, failure.Message));
    }

    private static async Task<(List<Container> Containers, int Pages)> ListAsync(ControlClient control)
    {
        var (containers, pages) = (new List<Container>(), 0);
        for (var token = ""; token.Length > 0 || pages == 0; pages++)
        {
            var page = await control.ListAsync(new ListRequest { Root = "/r", PageToken = token, PageSize = 1000 }, Deadline.Span, Deadline.Token);
            containers.AddRange(page.Containers);
            token = page.NextPageToken;
        }

        return (containers, pages);
    }

    private static ContainerSnapshot Container(int number) => new(
        new ContainerKey("/r", $"c{number}"), "s", ContainerStatus.Running, 1, "/b", "/b/rootfs", "1.0.2",
        ImmutableDictionary<string, string>.Empty.Add("large", new string((char)('a' + (number % 26)), 4096)),
        DateTimeOffset.UnixEpoch.AddSeconds(number), 0, null, "");
}
