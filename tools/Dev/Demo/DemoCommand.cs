using IdLcm.Dev.Setup;
using IdLcm.Dev.Up;

namespace IdLcm.Dev.Demo;

/// <summary><c>demo</c>: the whole story of one person, on a data directory of its own.</summary>
internal static class DemoCommand
{
    /// <summary>Runs the command.</summary>
    /// <param name="cancellationToken">Stops it.</param>
    /// <returns>0 when everything was as it should be.</returns>
    public static async Task<int> RunAsync(CancellationToken cancellationToken)
    {
        await SystemPackages.EnsureAsync(cancellationToken);
        await Build.EnsureAsync(BuildScope.Edition, cancellationToken);

        var data = Directory.CreateTempSubdirectory("idlcm-demo-").FullName;
        var done = false;
        try
        {
            Console.WriteLine($"Starting the gateway and the sample app (data in {data})");
            var environs = await UpCommand.StartAsync(new UpOptions { DataDirectory = data, Port = 0 }, cancellationToken);
            await new LifecycleStory(environs).TellAsync(cancellationToken);
            done = true;
            Console.WriteLine();
            Console.WriteLine("Everything was as it should be.");
            return 0;
        }
        finally
        {
            await new Stack(data).StopAsync(DevState.Load(data));
            if (done)
            {
                Directory.Delete(data, recursive: true);
            }
            else
            {
                Console.WriteLine($"What was left for you to look at: {data}");
            }
        }
    }
}
