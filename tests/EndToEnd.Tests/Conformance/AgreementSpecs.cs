using System.Reflection;

namespace KataActors.EndToEnd.Tests.Conformance;

/// <summary>The document of the clauses and the tests of them say the same.</summary>
public sealed class AgreementSpecs
{
    private static readonly IReadOnlyList<ClauseRow> s_rows = ClauseRow.ReadAll();

    [Fact]
    public void Should_have_one_test_for_each_clause_that_is_covered_or_deviates_and_none_for_others()
    {
        var tested = typeof(AgreementSpecs).Assembly.GetTypes()
            .SelectMany(type => type.GetMethods())
            .Select(method => method.GetCustomAttribute<ClauseAttribute>()?.Id)
            .OfType<string>()
            .Concat(RefusalSpecs.Clauses.Select(row => row.Data));

        Assert.Equal(s_rows.Where(row => row.IsCovered || row.Deviates).Select(row => row.Id).Order(StringComparer.Ordinal), tested.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Should_list_each_clause_once_and_say_why_where_it_is_not_covered()
    {
        Assert.Empty(s_rows.GroupBy(row => row.Id).Where(group => group.Count() > 1).Select(group => group.Key));
        Assert.All(s_rows, row => Assert.True(row.Asks.Length > 0 && (row.IsCovered || row.SaysWhyNot), $"{row}"));
    }

    [Fact]
    public void Should_count_the_clauses()
    {
        var (covered, deviating) = (s_rows.Count(row => row.IsCovered), s_rows.Count(row => row.Deviates));

        Assert.Contains(
            $"**{s_rows.Count} clauses: {covered} covered, {deviating} deviate, {s_rows.Count - covered - deviating} not covered.**", ClauseRow.Document, StringComparison.Ordinal);
    }
}
