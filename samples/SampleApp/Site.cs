using IdLcm.Samples.Data;
using IdLcm.Samples.SignIn;
using IdLcm.Samples.Testing;

namespace IdLcm.Samples;

/// <summary>Everything that lives as long as one running app.</summary>
internal sealed class Site : IDisposable
{
    public Site(SampleAppOptions options)
    {
        Options = options;
        Sessions = new Sessions(options.Time);
        Faults = new Faults(options.Faults, Sessions.EndAll);
        Workspace = new Workspace(options, Faults);
        _ = TotpSecret;
    }

    public SampleAppOptions Options { get; }

    public byte[]? TotpSecret => Workspace.AdminTotp is { } secret ? Totp.DecodeSecret(secret) : null;

    public Sessions Sessions { get; }

    public Faults Faults { get; }

    public Workspace Workspace { get; }

    public void Dispose() => Workspace.Dispose();
}
