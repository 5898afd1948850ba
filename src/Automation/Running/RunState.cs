using IdLcm.Automation.Browser;
using IdLcm.Automation.Format;
using IdLcm.Automation.Http;
using IdLcm.Automation.Totp;
using IdLcm.Domain.Connectors;
using Microsoft.Playwright;

namespace IdLcm.Automation.Running;

/// <summary>One run of one verb: what it may use, how long, and what it has done so far.</summary>
internal sealed class RunState
{
    public required ConnectorDefinition Connector { get; init; }

    public required ConnectorVerb Verb { get; init; }

    /// <summary>The browser session; null while no verb has needed one.</summary>
    public BrowserSession? Browser { get; init; }

    public BrowserSession Session => Browser ?? throw new InvalidOperationException("A step looks at a page, but the verb was started without a browser.");

    public required HttpAccess Http { get; init; }

    public required SecretMask Mask { get; init; }

    public required TimeProvider Time { get; init; }

    public required AutomationOptions Options { get; init; }

    public required TotpSource Totp { get; init; }

    /// <summary>The Base32 secret of the service account, read for login and for turning the second factor off.</summary>
    public string? TotpSecret { get; init; }

    public ICommitGate? Gate { get; init; }

    /// <summary>Keeps what the app reveals once.</summary>
    public ISecretSink? Secrets { get; init; }

    /// <summary>Takes the rows of a list page by page; null to have them in the outcome.</summary>
    public IRowSink? Rows { get; init; }

    public IStepObserver? Observer { get; init; }

    /// <summary>Told that a list goes on: what makes progress may take its time.</summary>
    public Action? Progressed { get; init; }

    /// <summary>Fires when the caller cancels or the verb's time is up.</summary>
    public required CancellationToken Token { get; init; }

    public List<StepRecord> Steps { get; init; } = [];

    public bool CommitEntered { get; set; }

    /// <summary>The step that is being done, or was last.</summary>
    public Step? Current { get; set; }

    /// <summary>False to read of an account what its list shows, and leave out what only its own page does.</summary>
    public bool WithDetail { get; init; } = true;

    /// <summary>The account that was read last, here or by the verb before; null once something was done since.</summary>
    public AccountSighting? Sighting { get; set; }

    /// <summary>The page on which a find step has just seen its account; null once something was done since.</summary>
    public LoadedPage? Standing { get; set; }

    public IPage Page => Session.Page;

    /// <summary>The document that steps look at: the iframe's that they are in, or the page's.</summary>
    public IFrame DocumentOf(Frame frame) => frame.Document ?? Page.MainFrame;

    public TimeSpan StepLimit(Step step) => step.Timeout ?? Connector.StepTimeout ?? Options.StepTimeout;

    public TimeSpan DefaultStepLimit => Connector.StepTimeout ?? Options.StepTimeout;

    public void Record(StepRecord step)
    {
        Steps.Add(step);
        Observer?.StepEnded(step);
    }
}

/// <summary>What steps see of their surroundings: the operation, the placeholders, the row of a loop.</summary>
internal sealed record Frame(Operation Operation, Scope Scope)
{
    public ILocator? Row { get; init; }

    /// <summary>The iframe that the steps are in; null for the page itself.</summary>
    public IFrame? Document { get; init; }

    /// <summary>True while signing in: then the sign-in page is not a sign of an ended session.</summary>
    public bool SigningIn { get; init; }

    public int FragmentDepth { get; init; }
}
