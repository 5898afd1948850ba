using System.Xml;
using System.Xml.Linq;
using IdLcm.Dev.Processes;

namespace IdLcm.Dev.Testing;

/// <summary>How one test project did.</summary>
/// <param name="Name">The project.</param>
/// <param name="Passed">How many tests passed.</param>
/// <param name="Skipped">How many were skipped.</param>
/// <param name="Failures">What failed.</param>
/// <param name="Duration">How long it took.</param>
internal sealed record TestRun(string Name, int Passed, int Skipped, IReadOnlyList<TestFailure> Failures, TimeSpan Duration)
{
    private static readonly XNamespace Trx = "http://microsoft.com/schemas/VisualStudio/TeamTest/2010";

    /// <summary>Reads the results of a run.</summary>
    /// <param name="name">The project.</param>
    /// <param name="trx">The results file.</param>
    /// <param name="log">The run's output.</param>
    /// <param name="exitCode">The run's exit code; null when it was stopped for taking too long.</param>
    /// <param name="duration">How long it took.</param>
    /// <param name="filtered">True when no test at all may have been wanted.</param>
    /// <returns>The results; a run that did not end in order counts as a failure of its own.</returns>
    public static TestRun Read(string name, string trx, string log, int? exitCode, TimeSpan duration, bool filtered)
    {
        var results = Results(trx);
        var outcomes = results.Select(result => (Outcome: (string?)result.Attribute("outcome"), Result: result)).ToList();
        var failures = outcomes.Where(item => item.Outcome is not ("Passed" or "NotExecuted")).Select(item => Failure(item.Result)).ToList();
        var passed = outcomes.Count(item => item.Outcome == "Passed");
        var skipped = outcomes.Count(item => item.Outcome == "NotExecuted");
        if (exitCode is null)
        {
            failures.Add(new TestFailure($"{name} (the whole run)", "It took too long and was stopped (IDLCM_TEST_MINUTES sets the limit).", BackgroundProcess.Tail(log)));
        }
        else if ((exitCode != 0 && failures.Count == 0) || (results.Count == 0 && !filtered))
        {
            failures.Add(new TestFailure($"{name} (the whole run)", $"It ended with exit code {exitCode} and {results.Count} results.", BackgroundProcess.Tail(log, 30)));
        }

        return new TestRun(name, passed, skipped, failures, duration);
    }

    /// <summary>Tells of the run.</summary>
    public void Print()
    {
        foreach (var failure in Failures)
        {
            Console.Out.WriteLine($"FAILED {failure.Test}\n{Indent(failure.Message)}\n{Indent(failure.Detail)}\n");
        }

        Console.Out.WriteLine($"{Name,-20} {Passed} passed, {Failures.Count} failed{(Skipped > 0 ? $", {Skipped} skipped" : "")} in {Duration.TotalSeconds:F0} s");
    }

    private static List<XElement> Results(string trx)
    {
        try
        {
            return [.. XDocument.Load(trx).Descendants(Trx + "UnitTestResult")];
        }
        catch (Exception error) when (error is IOException or XmlException)
        {
            return [];
        }
    }

    private static TestFailure Failure(XElement result)
    {
        var error = result.Descendants(Trx + "ErrorInfo").FirstOrDefault();
        return new TestFailure(
            (string?)result.Attribute("testName") ?? "(no name)",
            (string?)error?.Element(Trx + "Message") ?? $"Outcome {(string?)result.Attribute("outcome")}",
            (string?)error?.Element(Trx + "StackTrace") ?? "");
    }

    private static string Indent(string text) => "    " + text.Trim().Replace("\n", "\n    ", StringComparison.Ordinal);
}

/// <summary>A test that failed.</summary>
/// <param name="Test">Its name.</param>
/// <param name="Message">Why.</param>
/// <param name="Detail">Where.</param>
internal sealed record TestFailure(string Test, string Message, string Detail);
