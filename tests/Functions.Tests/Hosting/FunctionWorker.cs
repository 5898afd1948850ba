using System.Reflection;
using System.Runtime.ExceptionServices;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask;
using Microsoft.DurableTask.Client;
using Microsoft.DurableTask.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace IdLcm.Functions.Tests.Hosting;

/// <summary>Invokes functions as a worker does: a new object of the function's class, parameters bound by their attributes.</summary>
internal sealed class FunctionWorker(IServiceProvider services, DurableTaskClient client) : ITaskHubWorker
{
    public Func<TaskOrchestrationContext, Task<JsonElement?>>? Orchestrator(string name) =>
        Find<OrchestrationTriggerAttribute>(name) is not { } function ? null : context => (Task<JsonElement?>)Call(function, context)!;

    public Func<JsonElement?, string, CancellationToken, Task<JsonElement?>>? Activity(string name) =>
        Find<ActivityTriggerAttribute>(name) is not { } function
            ? null
            : (input, instanceId, stopping) => (Task<JsonElement?>)Call(function, input, instanceId, stopping)!;

    public async Task HandleAsync(IndexedFunction function, HttpContext http) =>
        await (await (Task<IResult>)Call(function, http.Request, null, http.RequestAborted)!).ExecuteAsync(http);

    public Task TickAsync(IndexedFunction function, CancellationToken stopping) => (Task)Call(function, new TimerInfo(), null, stopping)!;

    private static IndexedFunction? Find<TTrigger>(string name) =>
        FunctionIndex.All.SingleOrDefault(function => function.Trigger is TTrigger && function.Name.Equals(name, StringComparison.OrdinalIgnoreCase));

    private object? Call(IndexedFunction function, object? trigger, string? instanceId = null, CancellationToken stopping = default)
    {
        var instance = ActivatorUtilities.CreateInstance(services, function.Method.DeclaringType!);
        var arguments = function.Method.GetParameters().Select(parameter =>
            parameter.GetCustomAttribute<DurableClientAttribute>() is not null ? client
            : parameter.ParameterType == typeof(CancellationToken) ? stopping
            : parameter.Name == "instanceId" ? instanceId
            : trigger);
        try
        {
            return function.Method.Invoke(instance, [.. arguments]);
        }
        catch (TargetInvocationException error)
        {
            ExceptionDispatchInfo.Throw(error.InnerException!);
            throw;
        }
    }
}
