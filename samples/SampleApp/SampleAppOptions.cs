using IdLcm.Samples.Testing;

namespace IdLcm.Samples;

/// <summary>How one sample app is started.</summary>
public sealed record SampleAppOptions
{
    /// <summary>Address to listen on; port 0 takes a free port.</summary>
    public string Url { get; init; } = "http://127.0.0.1:0";

    /// <summary>Directory of the journal; created when missing.</summary>
    public string DataDirectory { get; init; } = "";

    /// <summary>E-mail that the administrator signs in with.</summary>
    public string AdminUser { get; init; } = "admin@sample.test";

    /// <summary>Password of the administrator.</summary>
    public string AdminPassword { get; init; } = "Sample-admin-1!";

    /// <summary>Base32 secret of the administrator's authenticator (RFC 6238, SHA-1, 6 digits, 30 s); null asks for no code.</summary>
    public string? AdminTotp { get; init; }

    /// <summary>The workspace ID that Home and Settings show.</summary>
    public string WorkspaceId { get; init; } = "ws-1001";

    /// <summary>Generated members at the first start, besides the administrator.</summary>
    public int Members { get; init; } = 12;

    /// <summary>Seats at the first start; null is twice the members and at least 100.</summary>
    public int? Seats { get; init; }

    /// <summary>Fault switches that are on from the start.</summary>
    public FaultSettings Faults { get; init; } = new();

    /// <summary>The clock of sign-in codes, audit and sessions.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Whether warnings and errors are written to the console.</summary>
    public bool LogToConsole { get; init; }
}
