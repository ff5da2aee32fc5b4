package main

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// An authority signs certificates.
type authority struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

const authorityYears = 10

func newAuthority(now time.Time) (*authority, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	t := x509.Certificate{
		Subject: pkix.Name{CommonName: "nrm"}, NotBefore: now.Add(-time.Hour), NotAfter: now.AddDate(authorityYears, 0, 0),
		IsCA: true, BasicConstraintsValid: true, MaxPathLenZero: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
	}
	der, err := sign(&t, &t, key.Public(), key)
	if err != nil {
		return nil, err
	}
	cert, err := x509.ParseCertificate(der)
	return &authority{cert, key}, err
}

// keep writes the authority.
func (p plan) keep(ca *authority) error {
	key, err := encodeKey(ca.key)
	if err != nil {
		return err
	}
	return errors.Join(p.write("ca/ca.key", key), p.write("ca.crt", encodeCert(ca.cert.Raw)))
}

func readAuthority(dir string) (*authority, error) {
	cert, err := readPEM(filepath.Join(dir, "ca.crt"), "CERTIFICATE")
	if err != nil {
		return nil, err
	}
	key, err := readPEM(filepath.Join(dir, "ca", "ca.key"), "PRIVATE KEY")
	if err != nil {
		return nil, fmt.Errorf("%w: bring it back for as long as this takes", err)
	}
	ca := new(authority)
	if ca.cert, err = x509.ParseCertificate(cert); err != nil {
		return nil, err
	}
	parsed, err := x509.ParsePKCS8PrivateKey(key)
	if err != nil {
		return nil, err
	}
	var ok bool
	if ca.key, ok = parsed.(*ecdsa.PrivateKey); !ok || !ca.key.PublicKey.Equal(ca.cert.PublicKey) {
		return nil, fmt.Errorf("%s holds a key of another authority", dir)
	}
	return ca, nil
}

// certificates makes those of all servers. A NATS server is a server to the
// nodes of the register and a server or a client to other NATS servers.
func (p plan) certificates(ca *authority) error {
	until := p.now.AddDate(0, 0, p.days)
	for _, name := range p.nodes {
		if err := p.certificate(ca, filepath.Join(name, "node"), slices.Concat([]string{name}, p.also), until, nodeUse); err != nil {
			return err
		}
	}
	return p.certificate(ca, "proxy", p.site, until, proxyUse)
}

var (
	nodeUse  = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth}
	proxyUse = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
)

// renewAll makes the certificates that are there anew, for the names that they
// have unless others are given. That of the proxy is left alone if somebody else
// has signed it.
func (p plan) renewAll(out io.Writer) error {
	ca, err := readAuthority(p.out)
	if err == nil {
		err = p.hide()
	}
	if err != nil {
		return err
	}
	if !slices.Contains(p.given, "nodes") {
		p.nodes = nil
		files, err := filepath.Glob(filepath.Join(p.out, "*", "node.crt"))
		if err != nil {
			return err
		}
		for _, f := range files {
			p.nodes = append(p.nodes, filepath.Base(filepath.Dir(f)))
		}
	}
	until := p.now.AddDate(0, 0, p.days)
	for _, name := range p.nodes {
		hosts := slices.Concat([]string{name}, p.also)
		if !slices.Contains(p.given, "also") {
			if hosts, _, err = p.names(ca, filepath.Join(name, "node")); err != nil {
				return err
			}
		}
		if err := p.certificate(ca, filepath.Join(name, "node"), hosts, until, nodeUse); err != nil {
			return err
		}
	}
	site, own, err := p.names(ca, "proxy")
	switch {
	case err != nil:
		return err
	case slices.Contains(p.given, "site"):
		site = p.site
	case !own:
		fmt.Fprintln(out, "The certificate of the proxy is from another authority and is left as it is.")
		return p.give()
	}
	if err := p.certificate(ca, "proxy", site, until, proxyUse); err != nil {
		return err
	}
	return p.give()
}

// names are those that a certificate is for, its main name first, and whether
// this authority has signed it.
func (p plan) names(ca *authority, file string) (hosts []string, own bool, err error) {
	der, err := readPEM(filepath.Join(p.out, file+".crt"), "CERTIFICATE")
	if err != nil {
		return nil, false, err
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, false, err
	}
	hosts = append(hosts, cert.DNSNames...)
	for _, ip := range cert.IPAddresses {
		hosts = append(hosts, ip.String())
	}
	if i := slices.Index(hosts, cert.Subject.CommonName); i > 0 {
		hosts[0], hosts[i] = hosts[i], hosts[0]
	}
	if len(hosts) == 0 {
		return nil, false, fmt.Errorf("%s.crt names nobody", file)
	}
	return hosts, cert.CheckSignatureFrom(ca.cert) == nil, nil
}

func (p plan) certificate(ca *authority, file string, hosts []string, until time.Time, use []x509.ExtKeyUsage) error {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	if until.After(ca.cert.NotAfter) {
		until = ca.cert.NotAfter
	}
	t := x509.Certificate{
		Subject: pkix.Name{CommonName: hosts[0]}, NotBefore: p.now.Add(-time.Hour), NotAfter: until,
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: use, BasicConstraintsValid: true,
	}
	for _, h := range hosts {
		if ip := net.ParseIP(h); ip != nil {
			t.IPAddresses = append(t.IPAddresses, ip)
		} else {
			t.DNSNames = append(t.DNSNames, h)
		}
	}
	der, err := sign(&t, ca.cert, key.Public(), ca.key)
	if err != nil {
		return err
	}
	secret, err := encodeKey(key)
	if err != nil {
		return err
	}
	return errors.Join(p.write(file+".key", secret), p.write(file+".crt", encodeCert(der)))
}

func sign(t, parent *x509.Certificate, public crypto.PublicKey, key *ecdsa.PrivateKey) ([]byte, error) {
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 127))
	if err != nil {
		return nil, err
	}
	t.SerialNumber = serial
	return x509.CreateCertificate(rand.Reader, t, parent, public, key)
}

func encodeCert(der []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
}

func encodeKey(key *ecdsa.PrivateKey) ([]byte, error) {
	der, err := x509.MarshalPKCS8PrivateKey(key)
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), err
}

func readPEM(path, kind string) ([]byte, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	block, _ := pem.Decode(b)
	if block == nil || block.Type != kind {
		return nil, fmt.Errorf("%s is not a %s", path, kind)
	}
	return block.Bytes, nil
}
