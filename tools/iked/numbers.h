/* SPDX-License-Identifier: MIT */
/*
 * numbers.h - the numbers of IKEv2, as IANA lists them ("IKEv2 Parameters").  Each
 * list is _(NAME, number, text): the enum, and the texts of logs, come from it.
 * Numbers of ciphers and hashes are those of uapi/linux/if_ipsec.h where the module
 * has them.
 */
#ifndef IKED_NUMBERS_H
#define IKED_NUMBERS_H

#include <stdint.h>

#define IKE_PORT		500
#define IKE_PORT_NATT		4500
#define IKE_VERSION		0x20	/* major 2, minor 0 */
#define IKE_HEADER_LEN		28
#define IKE_SPI_LEN		8

#define IKE_FLAG_INITIATOR	0x08	/* by the initiator of the IKE SA */
#define IKE_FLAG_VERSION	0x10
#define IKE_FLAG_RESPONSE	0x20

#define IKE_EXCHANGES(_)						\
	_(IKE_SA_INIT, 34, "IKE_SA_INIT")				\
	_(IKE_AUTH, 35, "IKE_AUTH")					\
	_(CREATE_CHILD_SA, 36, "CREATE_CHILD_SA")			\
	_(INFORMATIONAL, 37, "INFORMATIONAL")

#define IKE_PAYLOADS(_)							\
	_(NONE, 0, "no payload")					\
	_(SA, 33, "SA")							\
	_(KE, 34, "KE")							\
	_(ID_I, 35, "IDi")						\
	_(ID_R, 36, "IDr")						\
	_(CERT, 37, "CERT")						\
	_(CERTREQ, 38, "CERTREQ")					\
	_(AUTH, 39, "AUTH")						\
	_(NONCE, 40, "Nonce")						\
	_(NOTIFY, 41, "N")						\
	_(DELETE, 42, "D")						\
	_(VENDOR, 43, "V")						\
	_(TS_I, 44, "TSi")						\
	_(TS_R, 45, "TSr")						\
	_(SK, 46, "SK")							\
	_(CP, 47, "CP")							\
	_(EAP, 48, "EAP")						\
	_(SKF, 53, "SKF")

/* Transform types, RFC 7296 3.3.2 */
#define IKE_TRANSFORM_TYPES(_)						\
	_(ENCR, 1, "encryption")					\
	_(PRF, 2, "PRF")						\
	_(INTEG, 3, "integrity")					\
	_(KE, 4, "key exchange")					\
	_(ESN, 5, "sequence numbers")

#define IKE_PRFS(_)							\
	_(HMAC_SHA1, 2, "prfsha1")					\
	_(AES128_XCBC, 4, "prfaesxcbc")					\
	_(HMAC_SHA2_256, 5, "prfsha256")				\
	_(HMAC_SHA2_384, 6, "prfsha384")				\
	_(HMAC_SHA2_512, 7, "prfsha512")				\
	_(AES128_CMAC, 8, "prfaescmac")

#define IKE_GROUPS(_)							\
	_(NONE, 0, "none")						\
	_(MODP_2048, 14, "modp2048")					\
	_(MODP_3072, 15, "modp3072")					\
	_(MODP_4096, 16, "modp4096")					\
	_(MODP_6144, 17, "modp6144")					\
	_(MODP_8192, 18, "modp8192")					\
	_(ECP_256, 19, "ecp256")					\
	_(ECP_384, 20, "ecp384")					\
	_(ECP_521, 21, "ecp521")					\
	_(X25519, 31, "x25519")						\
	_(X448, 32, "x448")

#define IKE_IDS(_)							\
	_(IPV4, 1, "IPv4 address")					\
	_(FQDN, 2, "name")						\
	_(RFC822, 3, "mail address")					\
	_(IPV6, 5, "IPv6 address")					\
	_(DN, 9, "distinguished name")					\
	_(KEY_ID, 11, "key ID")

#define IKE_AUTHS(_)							\
	_(RSA, 1, "RSA with SHA-1")					\
	_(PSK, 2, "pre-shared key")					\
	_(ECDSA_256, 9, "ECDSA P-256")					\
	_(ECDSA_384, 10, "ECDSA P-384")					\
	_(ECDSA_521, 11, "ECDSA P-521")					\
	_(SIGNATURE, 14, "digital signature")

/* RFC 7427 4, RFC 8420 */
#define IKE_HASHES(_)							\
	_(SHA1, 1, "SHA-1")						\
	_(SHA2_256, 2, "SHA-256")					\
	_(SHA2_384, 3, "SHA-384")					\
	_(SHA2_512, 4, "SHA-512")					\
	_(IDENTITY, 5, "identity")

/* Errors are below IKE_NOTIFY_STATUS */
#define IKE_NOTIFY_STATUS	16384
#define IKE_NOTIFIES(_)							\
	_(UNSUPPORTED_CRITICAL_PAYLOAD, 1, "UNSUPPORTED_CRITICAL_PAYLOAD") \
	_(INVALID_IKE_SPI, 4, "INVALID_IKE_SPI")			\
	_(INVALID_MAJOR_VERSION, 5, "INVALID_MAJOR_VERSION")		\
	_(INVALID_SYNTAX, 7, "INVALID_SYNTAX")				\
	_(INVALID_MESSAGE_ID, 9, "INVALID_MESSAGE_ID")			\
	_(INVALID_SPI, 11, "INVALID_SPI")				\
	_(NO_PROPOSAL_CHOSEN, 14, "NO_PROPOSAL_CHOSEN")			\
	_(INVALID_KE_PAYLOAD, 17, "INVALID_KE_PAYLOAD")			\
	_(AUTHENTICATION_FAILED, 24, "AUTHENTICATION_FAILED")		\
	_(SINGLE_PAIR_REQUIRED, 34, "SINGLE_PAIR_REQUIRED")		\
	_(NO_ADDITIONAL_SAS, 35, "NO_ADDITIONAL_SAS")			\
	_(INTERNAL_ADDRESS_FAILURE, 36, "INTERNAL_ADDRESS_FAILURE")	\
	_(FAILED_CP_REQUIRED, 37, "FAILED_CP_REQUIRED")			\
	_(TS_UNACCEPTABLE, 38, "TS_UNACCEPTABLE")			\
	_(INVALID_SELECTORS, 39, "INVALID_SELECTORS")			\
	_(TEMPORARY_FAILURE, 43, "TEMPORARY_FAILURE")			\
	_(CHILD_SA_NOT_FOUND, 44, "CHILD_SA_NOT_FOUND")			\
	_(INITIAL_CONTACT, 16384, "INITIAL_CONTACT")			\
	_(SET_WINDOW_SIZE, 16385, "SET_WINDOW_SIZE")			\
	_(ADDITIONAL_TS_POSSIBLE, 16386, "ADDITIONAL_TS_POSSIBLE")	\
	_(IPCOMP_SUPPORTED, 16387, "IPCOMP_SUPPORTED")			\
	_(NAT_DETECTION_SOURCE_IP, 16388, "NAT_DETECTION_SOURCE_IP")	\
	_(NAT_DETECTION_DESTINATION_IP, 16389, "NAT_DETECTION_DESTINATION_IP") \
	_(COOKIE, 16390, "COOKIE")					\
	_(USE_TRANSPORT_MODE, 16391, "USE_TRANSPORT_MODE")		\
	_(HTTP_CERT_LOOKUP_SUPPORTED, 16392, "HTTP_CERT_LOOKUP_SUPPORTED") \
	_(REKEY_SA, 16393, "REKEY_SA")					\
	_(ESP_TFC_PADDING_NOT_SUPPORTED, 16394, "ESP_TFC_PADDING_NOT_SUPPORTED") \
	_(NON_FIRST_FRAGMENTS_ALSO, 16395, "NON_FIRST_FRAGMENTS_ALSO")	\
	_(FRAGMENTATION_SUPPORTED, 16430, "FRAGMENTATION_SUPPORTED")	\
	_(SIGNATURE_HASH_ALGORITHMS, 16431, "SIGNATURE_HASH_ALGORITHMS")

#define _IKE_EXCHANGE(NAME, n, text)	IKE_EXCHANGE_##NAME = n,
#define _IKE_PAYLOAD(NAME, n, text)	IKE_PAYLOAD_##NAME = n,
#define _IKE_TYPE(NAME, n, text)	IKE_TYPE_##NAME = n,
#define _IKE_PRF(NAME, n, text)		IKE_PRF_##NAME = n,
#define _IKE_GROUP(NAME, n, text)	IKE_GROUP_##NAME = n,
#define _IKE_ID(NAME, n, text)		IKE_ID_##NAME = n,
#define _IKE_AUTH(NAME, n, text)	IKE_AUTH_##NAME = n,
#define _IKE_HASH(NAME, n, text)	IKE_HASH_##NAME = n,
#define _IKE_N(NAME, n, text)		IKE_N_##NAME = n,

enum ike_exchange { IKE_EXCHANGES(_IKE_EXCHANGE) };
enum ike_payload_type { IKE_PAYLOADS(_IKE_PAYLOAD) };
enum ike_transform_type { IKE_TRANSFORM_TYPES(_IKE_TYPE) IKE_TYPE_END };
enum ike_prf { IKE_PRFS(_IKE_PRF) };
enum ike_group { IKE_GROUPS(_IKE_GROUP) };
enum ike_id_type { IKE_IDS(_IKE_ID) };
enum ike_auth_method { IKE_AUTHS(_IKE_AUTH) };
enum ike_hash { IKE_HASHES(_IKE_HASH) };
enum ike_notify { IKE_NOTIFIES(_IKE_N) };

enum ike_protocol {
	IKE_PROTO_NONE = 0,
	IKE_PROTO_IKE = 1,
	IKE_PROTO_AH = 2,
	IKE_PROTO_ESP = 3,
};

#define IKE_ATTR_KEY_LENGTH	14	/* of a transform, in bits */
#define IKE_CERT_X509		4	/* X.509 certificate, signature */
#define IKE_TS_IPV4		7
#define IKE_TS_IPV6		8

#define NUMBER_TEXT_MAX		40

/* The text of a number, or the number in @buf; never NULL */
const char *ike_exchange_name(uint32_t n, char buf[static NUMBER_TEXT_MAX]);
const char *ike_payload_name(uint32_t n, char buf[static NUMBER_TEXT_MAX]);
const char *ike_notify_name(uint32_t n, char buf[static NUMBER_TEXT_MAX]);

#endif /* IKED_NUMBERS_H */
