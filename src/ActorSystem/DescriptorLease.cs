namespace KataActors.Runtime;

/// <summary>Names a set of descriptors in the <see cref="DescriptorTable"/>. Messages carry the name, never the descriptors.</summary>
public readonly record struct DescriptorLease(long Number);
