using System.Diagnostics;
using System.Text.Json;

namespace IdLcm.Functions.Tests.Infra;

/// <summary>A node of a Bicep file's syntax tree.</summary>
internal sealed record BicepNode(string Type, string? Field, int Line, string? Leaf, IReadOnlyList<BicepNode> Children)
{
    /// <summary>The text of a string without interpolation, or of a name.</summary>
    public string? Text => Type == "string" ? string.Concat(Children.Select(child => child.Leaf)) : Leaf;

    public IEnumerable<BicepNode> All => Children.SelectMany(child => child.All).Prepend(this);

    public IEnumerable<BicepNode> Of(string type) => All.Where(node => node.Type == type);

    /// <summary>The value of an object's property, deep inside: <c>properties.sku.name</c>.</summary>
    public BicepNode? Property(string path)
    {
        var node = this;
        foreach (var name in path.Split('.'))
        {
            var body = node.Type == "object" ? node : node.Children.FirstOrDefault(child => child.Type == "object") ?? node.Of("object").FirstOrDefault();
            node = body?.Children.FirstOrDefault(child => child.Type == "object_property" && child.Children[0].Text == name)?.Children[^1];
            if (node is null)
            {
                return null;
            }
        }

        return node;
    }
}

/// <summary>A Bicep file.</summary>
internal sealed class BicepFile
{
    private BicepFile(string path, BicepNode root) => (Path, Root) = (path, root);

    public string Path { get; }

    public string Name => System.IO.Path.GetFileName(Path);

    public BicepNode Root { get; }

    public IEnumerable<BicepNode> Parameters => Declarations("parameter_declaration");

    public IEnumerable<BicepNode> Variables => Declarations("variable_declaration");

    public IEnumerable<BicepNode> Outputs => Declarations("output_declaration");

    public IEnumerable<BicepNode> Resources => Declarations("resource_declaration");

    public IEnumerable<BicepNode> Modules => Declarations("module_declaration");

    /// <summary>Every file of infra/, parsed.</summary>
    public static IReadOnlyList<BicepFile> All { get; } = Parse();

    public static BicepFile Main => All.Single(file => file.Name == "main.bicep");

    public static string NameOf(BicepNode declaration) => declaration.Children.First(child => child.Type == "identifier").Leaf!;

    /// <summary>The decorators right above a declaration.</summary>
    public IEnumerable<BicepNode> DecoratorsOf(BicepNode declaration)
    {
        var index = Root.Children.ToList().IndexOf(declaration);
        return index > 0 && Root.Children[index - 1].Type == "decorators" ? Root.Children[index - 1].Children : [];
    }

    private static IReadOnlyList<BicepFile> Parse()
    {
        var files = Directory.GetFiles(Repository.PathOf("infra"), "*.bicep", SearchOption.AllDirectories).Order(StringComparer.Ordinal).ToList();
        var start = new ProcessStartInfo("node") { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
        string[] arguments =
            [Repository.PathOf("tests/Functions.Tests/Infra/parse.mjs"), Repository.PathOf("artifacts/azurite/node_modules"), .. files];
        Array.ForEach(arguments, start.ArgumentList.Add);
        using var node = Process.Start(start) ?? throw new InvalidOperationException("node could not be started.");
        var errors = node.StandardError.ReadToEndAsync();
        var output = node.StandardOutput.ReadToEnd();
        node.WaitForExit();
        if (node.ExitCode != 0)
        {
            throw new InvalidOperationException($"The grammar of Bicep is not installed, or does not work: run './dev setup'. {errors.Result}");
        }

        using var json = JsonDocument.Parse(output);
        return [.. json.RootElement.EnumerateObject().Select(file => new BicepFile(file.Name, Read(file.Value)))];
    }

    private static BicepNode Read(JsonElement node) => new(
        node[0].GetString()!, node[1].GetString(), node[2].GetInt32(), node[3].GetString(), [.. node[4].EnumerateArray().Select(Read)]);

    private IEnumerable<BicepNode> Declarations(string type) => Root.Children.Where(node => node.Type == type);
}

/// <summary>The repository that the tests were built from.</summary>
internal static class Repository
{
    private static readonly string Root = Find();

    public static string PathOf(string path) => Path.Combine(Root, path);

    public static string Read(string path) => File.ReadAllText(PathOf(path));

    private static string Find()
    {
        for (var directory = new DirectoryInfo(AppContext.BaseDirectory); directory is not null; directory = directory.Parent)
        {
            if (File.Exists(Path.Combine(directory.FullName, "IdLcm.sln")))
            {
                return directory.FullName;
            }
        }

        throw new InvalidOperationException("The tests do not run inside the repository.");
    }
}
