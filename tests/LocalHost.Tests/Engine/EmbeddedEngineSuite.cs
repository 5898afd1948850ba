using IdLcm.Domain.Workflows;
using IdLcm.LocalHost.Engine;
using IdLcm.Suites;

namespace IdLcm.LocalHost.Tests.Engine;

/// <summary>The port's suite on the embedded engine; afterwards, every history that the test left is replayed.</summary>
public class EmbeddedEngineSuite : WorkflowEngineSuite
{
    internal virtual EmbeddedEngineOptions Options => new();

    protected override async Task<IEngineUnderTest> OpenAsync(IReadOnlyList<IWorkflow> workflows, IReadOnlyList<IActivity> activities)
    {
        var directory = new TemporaryDirectory();
        var harness = await EmbeddedHarness.OpenAsync(directory.Path, Clock, workflows, activities, Options);
        return new ReplayedAtTheEnd(harness, directory, workflows);
    }

    private sealed class ReplayedAtTheEnd(EmbeddedHarness harness, TemporaryDirectory directory, IReadOnlyList<IWorkflow> workflows) : IEngineUnderTest
    {
        public IWorkflowClient Client => harness.Client;

        public Task<WorkflowInstance> WaitAsync(string instanceId, Func<WorkflowInstance, bool> until) => harness.WaitAsync(instanceId, until);

        public async ValueTask DisposeAsync()
        {
            try
            {
                await harness.ReplayAllAsync(workflows);
            }
            finally
            {
                await harness.DisposeAsync();
                directory.Dispose();
            }
        }
    }
}

/// <summary>The same with nothing kept in memory: every turn replays its history first.</summary>
public sealed class ForgetfulEmbeddedEngineSuite : EmbeddedEngineSuite
{
    internal override EmbeddedEngineOptions Options => new() { MaxIdleExecutions = 0 };
}
