global using System.Text.Json.Nodes;
global using KataActors.EndToEnd.Tests.Support;
global using KataActors.Linux;
global using Xunit;

// Each test boots VMs: side by side they would only wait for one another's CPU.
[assembly: Xunit.v3.Parallelization(Mode = Xunit.Sdk.ParallelMode.None)]
