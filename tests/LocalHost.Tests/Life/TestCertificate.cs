using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace IdLcm.LocalHost.Tests.Life;

/// <summary>A certificate of its own authority for this machine's loopback, in a file together with its key.</summary>
internal sealed class TestCertificate : IDisposable
{
    private readonly string directory = Directory.CreateTempSubdirectory("idlcm-tls-").FullName;

    public TestCertificate()
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest("CN=127.0.0.1", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Loopback);
        names.AddDnsName("localhost");
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: false, 0, critical: true));
        using var certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(30));
        PemFile = Path.Combine(directory, "server.pem");
        File.WriteAllText(PemFile, certificate.ExportCertificatePem() + "\n" + key.ExportPkcs8PrivateKeyPem() + "\n");
        TrustFile = Path.Combine(directory, "trusted.pem");
        File.WriteAllText(TrustFile, certificate.ExportCertificatePem() + "\n");
    }

    /// <summary>The certificate with its key.</summary>
    public string PemFile { get; }

    /// <summary>The certificate alone: what whoever trusts it is given.</summary>
    public string TrustFile { get; }

    public void Dispose() => Directory.Delete(directory, recursive: true);
}
