using IdLcm.Samples;

if (args.Contains("--help") || args.Contains("-h"))
{
    Console.WriteLine(CommandLine.Usage);
    return 0;
}

if (CommandLine.Parse(args, out var problem) is not { } options)
{
    Console.Error.WriteLine(problem);
    Console.Error.WriteLine(CommandLine.Usage);
    return 2;
}

await using var app = await SampleAppHost.StartAsync(options, CancellationToken.None);
Console.WriteLine($"Northwind Workspace is ready: {app.BaseAddress}");
Console.WriteLine($"Sign in as {options.AdminUser}. Fault switches: {new Uri(app.BaseAddress, "/testing")}");
await app.WaitForShutdownAsync(CancellationToken.None);
return 0;
