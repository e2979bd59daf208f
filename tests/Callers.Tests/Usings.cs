global using KataActors.Callers.Tests.Support;
global using Xunit;

// Each test boots VMs: side by side they would only wait for one another's CPU.
[assembly: Xunit.v3.Parallelization(Mode = Xunit.Sdk.ParallelMode.None)]
