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
        TotpSecret = string.IsNullOrEmpty(options.AdminTotp) ? null : Totp.DecodeSecret(options.AdminTotp);
        Sessions = new Sessions(options.Time);
        Faults = new Faults(options.Faults, Sessions.EndAll);
        Workspace = new Workspace(options, Faults);
    }

    public SampleAppOptions Options { get; }

    public byte[]? TotpSecret { get; }

    public Sessions Sessions { get; }

    public Faults Faults { get; }

    public Workspace Workspace { get; }

    public void Dispose() => Workspace.Dispose();
}
