using System.Globalization;
using IdLcm.Bench;
using IdLcm.Bench.Scim;

// Usage: dotnet run -c Release --project bench/Scim -- [people,people,...] [seconds for each run] [concurrency] [part of an operation's name]
// The SCIM server with automation paused, at several numbers of people: rates, and how they hold as the number grows.
if (await ConstantEndpoint.RunIfAskedAsync(args))
{
    return;
}

var sizes = (args.Length > 0 ? args[0] : "1000,10000,100000").Split(',').Select(size => int.Parse(size, CultureInfo.InvariantCulture)).ToArray();
var duration = TimeSpan.FromSeconds(args.Length > 1 ? double.Parse(args[1], CultureInfo.InvariantCulture) : 2);
var concurrency = args.Length > 2 ? int.Parse(args[2], CultureInfo.InvariantCulture) : 8;
var only = args.Length > 3 ? args[3] : "";
Console.WriteLine(Machine.Describe());
var results = new List<(int Size, IReadOnlyList<OperationResult> Results)>();
foreach (var size in sizes)
{
    results.Add((size, await SizeRun.RunAsync(size, concurrency, duration, only)));
}

Report.Print(results, concurrency);
