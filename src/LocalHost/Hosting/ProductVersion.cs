using System.Reflection;

namespace IdLcm.LocalHost.Hosting;

/// <summary>The version of this build.</summary>
internal static class ProductVersion
{
    /// <summary>The version, for example <c>0.1.0</c>.</summary>
    public static string Text { get; } =
        typeof(ProductVersion).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "0.0.0";
}
