using Azure.Core;
using Azure.Core.Pipeline;

namespace IdLcm.Functions.Tests.Hosting;

/// <summary>Counts the calls that reach the storage service, repeated ones too: each is a billed transaction.</summary>
internal sealed class TransactionCounter : HttpPipelinePolicy
{
    private int count;

    public int Count => Volatile.Read(ref count);

    public override void Process(HttpMessage message, ReadOnlyMemory<HttpPipelinePolicy> pipeline)
    {
        Interlocked.Increment(ref count);
        ProcessNext(message, pipeline);
    }

    public override ValueTask ProcessAsync(HttpMessage message, ReadOnlyMemory<HttpPipelinePolicy> pipeline)
    {
        Interlocked.Increment(ref count);
        return ProcessNextAsync(message, pipeline);
    }
}
