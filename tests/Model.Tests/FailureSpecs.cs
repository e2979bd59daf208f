namespace KataActors.Model.Tests;

public sealed class FailureSpecs
{
    [Theory]
    [InlineData(FailureCode.Cancelled, 1)]
    [InlineData(FailureCode.InvalidArgument, 3)]
    [InlineData(FailureCode.DeadlineExceeded, 4)]
    [InlineData(FailureCode.NotFound, 5)]
    [InlineData(FailureCode.AlreadyExists, 6)]
    [InlineData(FailureCode.ResourceExhausted, 8)]
    [InlineData(FailureCode.FailedPrecondition, 9)]
    [InlineData(FailureCode.Aborted, 10)]
    [InlineData(FailureCode.Unimplemented, 12)]
    [InlineData(FailureCode.Internal, 13)]
    [InlineData(FailureCode.Unavailable, 14)]
    public void Should_have_the_number_of_grpc_when_it_goes_over_the_wire(FailureCode code, int number) => Assert.Equal(number, (int)code);

    [Fact]
    public void Should_know_no_other_code_when_a_number_is_looked_up() => Assert.Equal(11, Enum.GetValues<FailureCode>().Length);

    [Fact]
    public void Should_say_that_it_does_not_exist_when_a_container_or_sandbox_is_unknown()
    {
        Assert.Equal(new Failure(FailureCode.NotFound, "container \"a\" does not exist"), Failure.NoSuchContainer("a"));
        Assert.Equal(new Failure(FailureCode.NotFound, "sandbox \"a\" does not exist"), Failure.NoSuchSandbox("a"));
    }
}
