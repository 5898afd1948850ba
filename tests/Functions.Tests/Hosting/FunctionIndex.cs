using System.Reflection;
using System.Text.Json;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Azure.Functions.Worker.Core.FunctionMetadata;
using Microsoft.Azure.Functions.Worker.Extensions.Abstractions;

namespace IdLcm.Functions.Tests.Hosting;

/// <summary>A function as the worker's metadata generator sees it: by its attributes.</summary>
internal sealed record IndexedFunction(string Name, MethodInfo Method, TriggerBindingAttribute Trigger) : IFunctionMetadata
{
    public HttpTriggerAttribute? Http => Trigger as HttpTriggerAttribute;

    public TimerTriggerAttribute? Timer => Trigger as TimerTriggerAttribute;

    public bool BindsClient => Method.GetParameters().Any(parameter => parameter.GetCustomAttribute<DurableClientAttribute>() is not null);

    string? IFunctionMetadata.FunctionId => Name;

    bool IFunctionMetadata.IsProxy => false;

    string? IFunctionMetadata.Language => "dotnet-isolated";

    bool IFunctionMetadata.ManagedDependencyEnabled => false;

    string? IFunctionMetadata.EntryPoint => $"{Method.DeclaringType!.FullName}.{Method.Name}";

    IList<string>? IFunctionMetadata.RawBindings => [JsonSerializer.Serialize(new { type = Kind, direction = "In" })];

    string? IFunctionMetadata.ScriptFile => "IdLcm.Functions.dll";

    /// <summary>The binding's type, as the metadata generator names it: the attribute's name in camel case.</summary>
    public string Kind
    {
        get
        {
            var name = Trigger.GetType().Name[..^"Attribute".Length];
            return char.ToLowerInvariant(name[0]) + name[1..];
        }
    }
}

/// <summary>Every function of the Azure edition.</summary>
internal static class FunctionIndex
{
    public static IReadOnlyList<IndexedFunction> All { get; } =
    [
        .. typeof(AzureEdition).Assembly.GetTypes()
            .SelectMany(type => type.GetMethods(BindingFlags.Public | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly))
            .Select(method => (Method: method, Function: method.GetCustomAttribute<FunctionAttribute>()))
            .Where(found => found.Function is not null)
            .Select(found => new IndexedFunction(
                found.Function!.Name,
                found.Method,
                found.Method.GetParameters().SelectMany(parameter => parameter.GetCustomAttributes<TriggerBindingAttribute>()).Single()))
            .OrderBy(function => function.Name, StringComparer.Ordinal),
    ];
}
