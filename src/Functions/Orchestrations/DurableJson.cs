using System.Text.Json;
using IdLcm.Domain.Workflows;

namespace IdLcm.Functions.Orchestrations;

/// <summary>
/// Hands values to the Durable SDK as JSON that is already made. Histories then hold <see cref="WorkflowJson"/> whatever
/// serializer the worker is set up with, and both editions read each other's inputs.
/// </summary>
internal static class DurableJson
{
    public static JsonElement? Write(object? value) =>
        value is null ? null : JsonSerializer.SerializeToElement(value, value.GetType(), WorkflowJson.Options);

    public static T Read<T>(JsonElement? json) => (T)Read(json, typeof(T))!;

    public static object? Read(JsonElement? json, Type type) =>
        json is not { ValueKind: not (JsonValueKind.Null or JsonValueKind.Undefined) } value
            ? WorkflowJson.Deserialize(null, type)
            : value.Deserialize(type, WorkflowJson.Options);
}
