namespace IdLcm.Automation.Browser;

/// <summary>Which Chromium is started on this machine.</summary>
public static class ChromiumExecutable
{
    /// <summary>The environment variable that names one, for whatever it is started.</summary>
    public const string Variable = "IDLCM_CHROMIUM";

    /// <summary>Debian's Chromium with windows; also without, where the lighter one is not installed.</summary>
    public const string WithWindows = "/usr/bin/chromium";

    // The program itself: the script before it in /usr/bin would stay beside it as a process of its own, and outlive it or be outlived.
    private static readonly string[] Lightest = ["/usr/lib/chromium/chromium-headless-shell", "/usr/bin/chromium-headless-shell"];

    /// <summary>
    /// The one to start: what <see cref="Variable"/> names; else, without a window, Debian's <c>chromium-headless-shell</c>, whose pages
    /// cost less than half of the time and two thirds of the memory; else <see cref="WithWindows"/>, whether it is there or not.
    /// </summary>
    /// <param name="headless">False when its window is to be seen.</param>
    /// <returns>The path of a program.</returns>
    public static string Find(bool headless) =>
        Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } named ? named
        : headless && Array.Find(Lightest, File.Exists) is { } light ? light
        : WithWindows;
}
