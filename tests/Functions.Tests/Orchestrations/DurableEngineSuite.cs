using System.Text.Json;
using IdLcm.Domain.Workflows;
using IdLcm.Functions.Hosting;
using IdLcm.Functions.Activities;
using IdLcm.Functions.Orchestrations;
using IdLcm.Suites;
using Microsoft.DurableTask;
using Microsoft.DurableTask.Testing;

namespace IdLcm.Functions.Tests.Orchestrations;

/// <summary>
/// The workflow port's suite through the Durable Functions adapters. The hub replays each history from its beginning for
/// every message, so what passes here is deterministic too.
/// </summary>
public sealed class DurableEngineSuite : WorkflowEngineSuite
{
    protected override Task<IEngineUnderTest> OpenAsync(IReadOnlyList<IWorkflow> workflows, IReadOnlyList<IActivity> activities) =>
        Task.FromResult<IEngineUnderTest>(new Engine(Clock, workflows, activities));

    private sealed class Engine : IEngineUnderTest, ITaskHubWorker
    {
        private readonly TestTaskHub hub;
        private readonly WorkflowCatalog catalog;
        private readonly RunningActivities running;
        private readonly IReadOnlyList<IActivity> activities;

        public Engine(TimeProvider clock, IReadOnlyList<IWorkflow> workflows, IReadOnlyList<IActivity> activities)
        {
            this.activities = activities;
            hub = new TestTaskHub(clock);
            catalog = new WorkflowCatalog(workflows);
            var source = new DurableClientSource();
            source.Attach(hub);
            running = new RunningActivities(source, new RestoreGate(new AzureEditionOptions()), clock);
            Client = new DurableWorkflowClient(source, catalog, running);
            hub.Attach(this);
        }

        public IWorkflowClient Client { get; }

        public Func<TaskOrchestrationContext, Task<JsonElement?>>? Orchestrator(string name) => catalog.Has(name) ? catalog.RunAsync : null;

        public Func<JsonElement?, string, CancellationToken, Task<JsonElement?>>? Activity(string name) =>
            activities.SingleOrDefault(activity => activity.Name == name) is not { } found
                ? null
                : (input, instanceId, stopping) => running.RunAsync(
                    instanceId, async token => DurableJson.Write(await found.RunAsync(DurableJson.Read(input, found.InputType), token)), stopping);

        public async Task<WorkflowInstance> WaitAsync(string instanceId, Func<WorkflowInstance, bool> until)
        {
            WorkflowInstance? seen = null;
            await hub.WaitAsync(instanceId, metadata => until(seen = DurableWorkflowClient.Instance(metadata)));
            return seen!;
        }

        public async ValueTask DisposeAsync()
        {
            await hub.DisposeAsync();
            Assert.Empty(hub.Violations);
        }
    }
}
