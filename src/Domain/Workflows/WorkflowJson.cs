using System.Text.Json;
using System.Text.Json.Serialization;

namespace IdLcm.Domain.Workflows;

/// <summary>
/// How inputs, results, events and statuses of workflows are written as JSON, in both engines: camelCase names,
/// enums by name, no polymorphism. Part of stored histories, so it only changes in ways that old JSON survives.
/// </summary>
public static class WorkflowJson
{
    /// <summary>The one set of options. Read-only.</summary>
    public static JsonSerializerOptions Options { get; } = Create();

    /// <summary>Writes a value by its runtime type.</summary>
    /// <param name="value">The value; null is written as <c>null</c>.</param>
    /// <returns>The JSON.</returns>
    public static string Serialize(object? value) =>
        value is null ? "null" : JsonSerializer.Serialize(value, value.GetType(), Options);

    /// <summary>Reads a value.</summary>
    /// <typeparam name="T">Its type.</typeparam>
    /// <param name="json">The JSON; null means <c>null</c>.</param>
    /// <returns>The value.</returns>
    /// <exception cref="JsonException">The JSON does not fit the type.</exception>
    public static T? Deserialize<T>(string? json) => json is null ? default : JsonSerializer.Deserialize<T>(json, Options);

    /// <summary>Reads a value.</summary>
    /// <param name="json">The JSON; null means <c>null</c>.</param>
    /// <param name="type">The value's type.</param>
    /// <returns>The value; for a value type that is absent, its default.</returns>
    /// <exception cref="JsonException">The JSON does not fit the type.</exception>
    public static object? Deserialize(string? json, Type type)
    {
        ArgumentNullException.ThrowIfNull(type);
        if (json is null or "null")
        {
            return type.IsValueType && Nullable.GetUnderlyingType(type) is null ? Activator.CreateInstance(type) : null;
        }

        return JsonSerializer.Deserialize(json, type, Options);
    }

    private static JsonSerializerOptions Create()
    {
        var options = new JsonSerializerOptions
        {
            PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
            DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        };
        options.Converters.Add(new JsonStringEnumConverter());
        options.MakeReadOnly(populateMissingResolver: true);
        return options;
    }
}
